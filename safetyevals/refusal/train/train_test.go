package train

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/corpus"
)

var full = flag.Bool("full", false, "validate by three dozen fits: minutes")

// The shipped weights are those that the corpus, the lexicon and the seed give, at
// one goroutine and at many.
func TestRetrainingGivesTheShippedBytes(t *testing.T) {
	if testing.Short() {
		t.Skip("fits the weights twice: left out by -short")
	}
	if runtime.GOARCH != "amd64" {
		t.Skip("the shipped weights were fitted on amd64: sums may round otherwise on " + runtime.GOARCH)
	}
	shipped, err := os.ReadFile("../weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	for _, procs := range []int{1, 4} {
		old := runtime.GOMAXPROCS(procs)
		w, err := Fit(Examples(corpus.Rows()), Seed)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(w.Encode(), shipped) {
			t.Errorf("GOMAXPROCS %d: retraining gives other bytes than weights.bin: run make train-classifier and commit what it writes", procs)
		}
	}
}

func TestManifestNamesWhatIsShipped(t *testing.T) {
	m, err := refusal.EmbeddedManifest()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../weights.bin")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	want := refusal.Manifest{Features: refusal.FeatureVersion, Seed: Seed, Corpus: corpus.Hash(), Rows: len(corpus.Rows()),
		Lexicon: refusal.LexiconHash(), Weights: hex.EncodeToString(sum[:])}
	if m != want {
		t.Errorf("manifest.json says %+v, found %+v: run make train-classifier", m, want)
	}
}

// Whole sources are held out, with every prompt, twin and phrase of their rows.
// The floors are the targets of the project's issue on judgement.
func TestUnseenSourcesAndKinds(t *testing.T) {
	if !*full {
		t.Skip("fits three dozen models, which make test does apart, without the race detector: go test ./safetyevals/refusal/train -run Unseen -full -v")
	}
	xs := Examples(corpus.Rows())
	all, err := Fit(xs, Seed)
	if err != nil {
		t.Fatal(err)
	}
	sources, err := LeaveSourceOut(xs, all)
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := LeaveKindOut(xs, all)
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "ko"} {
		if k, n, of := agreement(sources, lang, ""); k < .85 || 4*n < of {
			t.Errorf("%s, unseen sources: κ %.3f on %d of %d decided, want .85 on a quarter", lang, k, n, of)
		} else {
			t.Logf("%s, unseen sources: κ %.3f on %d of %d decided", lang, k, n, of)
		}
		if k, n, of := agreement(kinds, lang, "no stance"); k < .80 {
			t.Errorf("%s, unseen kinds: κ %.3f on %d of %d decided, want .80", lang, k, n, of)
		} else {
			t.Logf("%s, unseen kinds: κ %.3f on %d of %d decided", lang, k, n, of)
		}
	}
	var twins, opposite int
	for _, p := range sources {
		if p.Row.Twin != "" {
			twins++
			if p.Verdict.Decided && p.Twin.Decided && Class(p.Verdict.Stance) != Class(p.Twin.Stance) {
				opposite++
			}
		}
	}
	if 50*opposite > twins {
		t.Errorf("%d of %d answers get the opposite verdict under the prompt's twin", opposite, twins)
	}
}

// agreement is κ of refused against the rest on the decided rows with a class.
func agreement(ps []Prediction, lang, leaveOut string) (kappa float64, decided, all int) {
	var c [2][2]float64
	for _, p := range ps {
		if p.Lang != lang || p.Fold == leaveOut || p.Class == refusal.Neither {
			continue
		}
		all++
		if !p.Verdict.Decided {
			continue
		}
		decided++
		is, said := 0, 0
		if p.Class == refusal.Refused {
			is = 1
		}
		if Class(p.Verdict.Stance) == refusal.Refused {
			said = 1
		}
		c[is][said]++
	}
	n := float64(decided)
	po := (c[0][0] + c[1][1]) / n
	pe := ((c[0][0]+c[0][1])*(c[0][0]+c[1][0]) + (c[1][0]+c[1][1])*(c[0][1]+c[1][1])) / (n * n)
	return (po - pe) / (1 - pe), decided, all
}

// The program that ships reads weights and holds nothing that fits them.
func TestShippedProgramHoldsNoTrainer(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "../../../cmd/haetae").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "gorgonia") || strings.Contains(line, "refusal/train") || strings.Contains(line, "refusal/corpus") {
			t.Errorf("cmd/haetae depends on %s", strings.TrimSpace(line))
		}
	}
}
