package stats

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// What draws random numbers prints the same digits whatever the number of workers.
func TestDrawsDoNotDependOnWorkers(t *testing.T) {
	run := func() string {
		agreement, err := Agreement(panelRatings()[:3], OrdinalScale, 0.9, 5)
		if err != nil {
			t.Fatal(err)
		}
		battles, err := BradleyTerry(arena(7, 900), BTOptions{Seed: 5})
		if err != nil {
			t.Fatal(err)
		}
		draws, err := BootstrapBradleyTerry(arena(7, 900), 20, 5)
		if err != nil {
			t.Fatal(err)
		}
		calibration, err := Calibration([]float64{0.1, 0.7, 0.4, 0.9}, []float64{0, 1, 1, 1}, 5, 0.9, 5)
		if err != nil {
			t.Fatal(err)
		}
		// Printed with all their digits: NaN equals itself that way.
		return fmt.Sprintf("%+v %+v %+v %+v", agreement, battles, draws, calibration)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := run()
	runtime.GOMAXPROCS(8)
	if many := run(); one != many {
		t.Error("results differ between 1 and 8 workers")
	}
}

// Numbers of other shapes than the published examples must give an answer or a clear
// error, never an internal one.
func TestCasesOfOtherShapes(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("testdata", "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		ID, Stat string
		Input    map[string]any
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		for key, old := range c.Input {
			for _, v := range []any{nil, "text", -1.0, 0.0, 1e300, []any{}, []any{nil}, []any{"NaN", 1.0}, []any{[]any{}}, []any{[]any{1.0, 0.0}}, true} {
				c.Input[key] = v
				in, err := json.Marshal(c.Input)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := evaluate(c.Stat, in); err != nil && strings.Contains(err.Error(), "internal error") {
					t.Errorf("%s with %s = %v: %v", c.ID, key, v, err)
				}
			}
			c.Input[key] = old
		}
	}
}
