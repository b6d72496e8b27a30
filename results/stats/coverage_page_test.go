package stats

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCoveragePageIsWhatIsComputed recomputes a few cells of each kind and looks them up in the
// page that `make coverage` wrote.
func TestCoveragePageIsWhatIsComputed(t *testing.T) {
	page := readPage(t, "statistics/coverage.md")
	clusters := clusterWorld{20, 5, 0.1, 0.3, false}.coverage(2000)
	pairs := pairCoverage(map[[2]int]Comparison{}, 50, 0.3, 0.75)
	mean, least := binomialCoverage(100, Wilson)
	for _, want := range []string{
		fmt.Sprintf("| %s | %.4f | %.4f | %.4f | %.4f |", clusters.cell, clusters.coverage[0], clusters.coverage[1], clusters.coverage[2], clusters.coverage[3]),
		fmt.Sprintf("| n = 50, 15 differ, 75 %% for a | %.4f | %.4f |", pairs.coverage[0], pairs.coverage[1]),
		fmt.Sprintf("| n = 100, mean | %.4f |", mean),
		fmt.Sprintf("| n = 100, minimum | %.4f |", least),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("coverage.md lacks %q: run make coverage", want)
		}
	}
}

// Each generated part stands between its markers, in both pages, and is not empty.
func TestCoveragePagesHaveTheirParts(t *testing.T) {
	for _, path := range []string{"statistics/coverage.md", "STATISTICS.md"} {
		page := readPage(t, path)
		for _, name := range []string{"proportions", "pairs", "clusters", "judges", "xstest", "ranks", "ranks of sums"} {
			begin, end := generatedMarkers(name)
			_, rest, _ := strings.Cut(page, begin)
			part, _, found := strings.Cut(rest, end)
			if !found || strings.Count(part, "\n| ") < 3 {
				t.Errorf("%s: no table of %s: run make coverage", path, name)
			}
		}
	}
}

func readPage(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A page keeps what stands around a generated part, and a page without markers is left alone.
func TestWriteGenerated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	begin, end := generatedMarkers("cells")
	for _, text := range []string{"| old |\n", "| new |\n"} {
		before := "# Page\n\n" + begin + end + "\nAfter.\n"
		if raw, err := os.ReadFile(path); err == nil {
			before = string(raw)
		}
		if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := writeGenerated(path, "cells", text); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if want := "# Page\n\n" + begin + "\n| new |\n\n" + end + "\nAfter.\n"; err != nil || string(raw) != want {
		t.Errorf("page %q, want %q (%v)", raw, want, err)
	}
	if err := writeGenerated(path, "rows", "x"); err == nil {
		t.Error("a page without the markers was written")
	}
}
