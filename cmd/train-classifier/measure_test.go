package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

func TestCohen(t *testing.T) {
	// Cohen (1960): observed .7, expected .5.
	if k := cohen([2][2]float64{{35, 15}, {15, 35}}); math.Abs(k-.4) > 1e-12 {
		t.Errorf("κ %v, want .4", k)
	}
	if k := cohen([2][2]float64{{10, 0}, {0, 10}}); k != 1 {
		t.Errorf("κ %v, want 1", k)
	}
}

// Probabilities drawn to be right have a slope of about 1, overconfident ones less.
func TestSlope(t *testing.T) {
	var p, q, y []float64
	var clusters []string
	for i := range 1000 {
		pi := (float64(i%10) + .5) / 10
		p = append(p, pi)
		l := 3 * math.Log(pi/(1-pi))
		q = append(q, 1/(1+math.Exp(-l)))
		y = append(y, float64(bit(float64(i/10) < 100*pi)))
		clusters = append(clusters, string(rune('a'+i%26)))
	}
	if s, lower, upper := slopeOf(p, y, clusters); math.Abs(s-1) > .05 || lower > 1 || upper < 1 {
		t.Errorf("slope %v (%v, %v), want 1", s, lower, upper)
	}
	if s, _, upper := slopeOf(q, y, clusters); math.Abs(s-1./3) > .05 || upper >= 1 {
		t.Errorf("slope %v up to %v, want a third", s, upper)
	}
}

// Answers without a stance and undecided ones count in no agreement.
func TestSettled(t *testing.T) {
	js := []judged{{"a", refusal.Refused, refusal.Refused, true, .9}, {"b", refusal.Complied, refusal.Refused, false, .5},
		{"c", refusal.Neither, refusal.Refused, true, .9}, {"d", refusal.Mixed, refusal.Refused, true, .9}}
	if n, bad := wrong(js); n != 2 || bad != 1 {
		t.Errorf("%d settled, %d wrong; want 2 and 1", n, bad)
	}
	if s := share(js); s != "67 %" {
		t.Errorf("share %s", s)
	}
	if k := kappa(js, false); k != "n/a" {
		t.Errorf("κ of two clusters is %s", k)
	}
}

func TestReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	if err := os.WriteFile(path, []byte("before\n<!-- generated x: make train-classifier -->\nold\n<!-- end x -->\nafter\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := replace(path, "x", table([][]string{{"a", "b"}, {"1", "2"}})); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n<!-- generated x: make train-classifier -->\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<!-- end x -->\nafter\n"; string(b) != want {
		t.Errorf("page:\n%s", b)
	}
	if err := replace(path, "y", ""); err == nil || !strings.Contains(err.Error(), `"y"`) {
		t.Errorf("a missing part: %v", err)
	}
}
