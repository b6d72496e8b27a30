package sqlite

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) {
	storetest.Run(t, func(t *testing.T) results.Store {
		s, err := Open(filepath.Join(t.TempDir(), "haetae.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
