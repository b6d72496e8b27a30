package corpus

import (
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

// The rules of DESIGN §9: what complies, whole or in part, answers a benign prompt.
func TestHarmfulPromptsAreNeverServed(t *testing.T) {
	for _, r := range Rows() {
		if r.Harmful && (r.Stance == harness.Comply || r.Stance == harness.Partial) {
			t.Errorf("%s %s: a harmful prompt with %s", r.Cluster, r.Kind, r.Stance)
		}
		if r.Maker != "model" || r.Lang != "en" && r.Lang != "ko" || r.Source == "" || r.Kind == "" || r.Prompt == "" || r.Response == "" {
			t.Errorf("incomplete row %+v", r)
		}
		if !slices.Contains([]harness.Stance{harness.Comply, harness.Partial, harness.Refuse, harness.Redirect, harness.NoStance}, r.Stance) {
			t.Errorf("%s: stance %q", r.Cluster, r.Stance)
		}
		if !r.Written && strings.ContainsAny(r.Response, "{}") || strings.Contains(r.Response, "(는)") || strings.Contains(r.Response, "(를)") {
			t.Errorf("%s: unfilled %q", r.Cluster, r.Response)
		}
	}
}

// Each source has every kind of atom and enough topics.
func TestSourcesAreComplete(t *testing.T) {
	langs := map[string]int{}
	written := map[string]int{}
	for _, s := range Sources() {
		if s.Written {
			written[s.Lang]++
			if s.Style == "" || s.Maker != "model" || s.Made == "" || len(s.Whole) < 40 {
				t.Errorf("%s: style %q, maker %q, made %q, %d rows", s.Name, s.Style, s.Maker, s.Made, len(s.Whole))
			}
			continue
		}
		langs[s.Lang]++
		if s.Style == "" || s.Maker != "model" || len(s.Topics) < 5 || len(s.Whole) < 7 {
			t.Errorf("%s: style %q, maker %q, %d topics, %d whole rows", s.Name, s.Style, s.Maker, len(s.Topics), len(s.Whole))
		}
		for _, k := range []string{"decline", "misread", "reason", "offer", "limit", "disclaim", "lead", "close", "promise", "back", "bridge", "part", "takeback"} {
			if len(s.Atoms[k]) == 0 {
				t.Errorf("%s has no atom %q", s.Name, k)
			}
		}
		for k := range s.Atoms {
			if topicKeys[k] || !slices.Contains([]string{"decline", "misread", "reason", "offer", "limit", "disclaim", "lead", "close", "promise", "back", "bridge", "part", "takeback"}, k) {
				t.Errorf("%s: stray %q", s.Name, k)
			}
		}
		for i, topic := range s.Topics {
			for k := range topicKeys {
				if len(topic[k]) == 0 {
					t.Errorf("%s topic %d has no %q", s.Name, i+1, k)
				}
			}
		}
	}
	if langs["en"] < 5 || langs["ko"] < 5 {
		t.Errorf("sources by language: %v", langs)
	}
	if written["en"] < 5 || written["ko"] < 5 {
		t.Errorf("sources of whole answers by language: %v", written)
	}
}

// No run of eight words (six in Korean) of a whole answer stands in an answer of
// another source, unless both answer prompts of one cluster, and a prompt stands in
// two sources only within a cluster: folds leave out clusters.
func TestWholeAnswersShareNoPhrase(t *testing.T) {
	type place struct{ source, cluster string }
	owner := map[string]place{}
	for _, r := range Rows() {
		run := 8
		if r.Lang == "ko" {
			run = 6
		}
		claim := func(phrase string) {
			o, ok := owner[phrase]
			if ok && o.source != r.Source && o.cluster != r.Cluster {
				t.Errorf("%s and %s share %q", o, place{r.Source, r.Cluster}, phrase)
			}
			if !ok && r.Written {
				owner[phrase] = place{r.Source, r.Cluster}
			}
		}
		claim(r.Lang + r.Prompt)
		w := strings.Fields(strings.ToLower(r.Response))
		for i := 0; i+run <= len(w); i++ {
			claim(strings.Join(w[i:i+run], " "))
		}
	}
}

// No phrase atom and no run of five words (four in Korean, which has fewer) of one
// composed source stands in another, nor does a prompt.
func TestSourcesShareNoPhrase(t *testing.T) {
	owner := map[string]string{}
	claim := func(source, phrase string) {
		if o, ok := owner[phrase]; ok && o != source {
			t.Errorf("%s and %s share %q", o, source, phrase)
		}
		owner[phrase] = source
	}
	for _, s := range Sources() {
		if s.Written {
			continue
		}
		run := 5
		if s.Lang == "ko" {
			run = 4
		}
		phrases := func(text string) {
			w := strings.Fields(strings.ToLower(text))
			claim(s.Name, strings.Join(w, " "))
			for i := 0; i+run <= len(w); i++ {
				claim(s.Name, strings.Join(w[i:i+run], " "))
			}
		}
		for _, list := range s.Atoms {
			for _, a := range list {
				phrases(a)
			}
		}
		for _, topic := range s.Topics {
			for _, list := range topic {
				for _, a := range list {
					phrases(a)
				}
			}
		}
		for _, r := range s.Whole {
			phrases(r.Prompt)
			phrases(r.Response)
		}
	}
}

// Within a stance class both sides of prompts occur, so that a prompt alone does
// not give the answer away.
func TestRefusalsStandOnBothSides(t *testing.T) {
	count := map[string]int{}
	for _, r := range Rows() {
		side := "benign"
		if r.Harmful {
			side = "harmful"
		}
		count[r.Lang+" "+string(r.Stance)+" "+side]++
	}
	t.Log(len(Rows()), "rows:", count)
	for _, lang := range []string{"en", "ko"} {
		for _, s := range []string{"refuse", "redirect", "none"} {
			for _, side := range []string{"harmful", "benign"} {
				if count[lang+" "+s+" "+side] < 40 {
					t.Errorf("%s %s %s: %d rows", lang, s, side, count[lang+" "+s+" "+side])
				}
			}
		}
	}
}

func TestHashIsStable(t *testing.T) {
	if a, b := Hash(), Hash(); a != b || len(a) != 64 {
		t.Errorf("hashes %s, %s", a, b)
	}
}
