// Command train-classifier fits the trained part of the outcome classifier, validates
// it, and writes the figures of docs/CLASSIFIER.md. It runs in the repository's root:
//
//	go run ./cmd/train-classifier                      what `make train-classifier` does
//	go run ./cmd/train-classifier -report              validate and write the page only
//	go run ./cmd/train-classifier -data ../shared/data where the labelled files of others lie
//	go run ./cmd/train-classifier measure FILE...      agreement with the labels of JSONL files; -show lists the errors
//
// Equal sources give equal bytes on one architecture, whatever GOMAXPROCS is. Tables on
// other people's labelled answers are renewed only where their files are found.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/corpus"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/train"
)

const (
	dir  = "safetyevals/refusal"
	page = "docs/CLASSIFIER.md"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "measure" {
		flags := flag.NewFlagSet("measure", flag.ExitOnError)
		show := flags.Bool("show", false, "list the decided answers that the label contradicts")
		_ = flags.Parse(os.Args[2:]) // ExitOnError
		if err := measure(os.Stdout, refusal.ShippedScreen(), flags.Args(), *show); err != nil {
			fmt.Fprintln(os.Stderr, "train-classifier:", err)
			os.Exit(1)
		}
		return
	}
	report := flag.Bool("report", false, "validate and write the page; leave the weights as they are")
	data := flag.String("data", "../shared/data", "`folder` with labelled answers of others (xstest, pyrit)")
	flag.Parse()
	if err := run(*report, *data); err != nil {
		fmt.Fprintln(os.Stderr, "train-classifier:", err)
		os.Exit(1)
	}
}

func run(reportOnly bool, data string) error {
	xs := train.Examples(corpus.Rows())
	var w *refusal.Weights
	var err error
	if reportOnly {
		var b []byte
		if b, err = os.ReadFile(filepath.Join(dir, "weights.bin")); err == nil {
			w, err = refusal.DecodeWeights(b)
		}
	} else if w, err = train.Fit(xs, train.Seed); err == nil {
		err = save(w, len(xs))
	}
	if err != nil {
		return err
	}
	fmt.Printf("%d rows, corpus %.12s\n", len(xs), corpus.Hash())
	sources, err := train.LeaveSourceOut(xs, w)
	if err != nil {
		return err
	}
	kinds, err := train.LeaveKindOut(xs, w)
	if err != nil {
		return err
	}
	if err := replace(page, "validation", validation(xs, sources, kinds)); err != nil {
		return err
	}
	tables, err := others(refusal.NewScreen(w), data)
	if err != nil || tables == "" {
		return err
	}
	return replace(page, "others", tables)
}

// save writes the weights and their manifest.
func save(w *refusal.Weights, rows int) error {
	b := w.Encode()
	sum := sha256.Sum256(b)
	m, err := json.MarshalIndent(refusal.Manifest{Features: refusal.FeatureVersion, Seed: train.Seed, Corpus: corpus.Hash(), Rows: rows,
		Lexicon: refusal.LexiconHash(), Weights: hex.EncodeToString(sum[:])}, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "weights.bin"), b, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "manifest.json"), append(m, '\n'), 0o644)
}
