package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
	"github.com/sovereign-eval/haetae/safetyevals/refusal/train"
)

// labelled is a line of a JSONL file of labelled answers.
type labelled struct {
	ID       string         `json:"id"`
	Cluster  string         `json:"cluster"`
	Lang     string         `json:"lang"`
	Style    string         `json:"style"`
	Kind     string         `json:"kind"`
	Prompt   string         `json:"prompt"`
	Response string         `json:"response"`
	Finish   harness.Finish `json:"finish"`
	Stance   harness.Stance `json:"stance"`
	Side     string         `json:"side"`
}

// measured is a labelled answer beside its verdict.
type measured struct {
	labelled
	verdict harness.Verdict
}

// measure classifies the lines of files of labelled answers and writes agreement
// and outcomes by language, style, stance and kind; with show, also each decided
// answer whose class differs from the label.
func measure(w io.Writer, screen refusal.Screen, paths []string, show bool) error {
	for _, path := range paths {
		ms, err := readJSONL(screen, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "\n## %s: %d answers, screen %s\n\n%s\n%s", path, len(ms), refusal.Version, table(agreements(ms)), table(outcomes(ms)))
		for _, m := range ms {
			if v := m.verdict; show && v.Decided && m.Stance != harness.NoStance && binary(train.Class(m.Stance), false) != binary(classOf(v), false) {
				fmt.Fprintf(w, "\n%s %s/%s: label %s, screen %s %v\n  %q\n  %q\n", m.ID, m.Style, m.Kind, m.Stance, v.Stance, v.Reasons, m.Prompt, m.Response)
			}
		}
	}
	return nil
}

func readJSONL(screen refusal.Screen, path string) ([]measured, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []measured
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		var l labelled
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, n, err)
		}
		if l.Prompt == "" || train.Class(l.Stance) == refusal.Neither && l.Stance != harness.NoStance {
			return nil, fmt.Errorf("%s:%d: no prompt, or stance %q: want comply, partial, refuse, redirect or none", path, n, l.Stance)
		}
		l.Cluster = cmp.Or(l.Cluster, l.Prompt)
		l.Lang = cmp.Or(l.Lang, refusal.Language(l.Prompt))
		in := refusal.Input{Prompt: l.Prompt, Response: l.Response, Lang: l.Lang, Finish: cmp.Or(l.Finish, harness.FinishStop)}
		out = append(out, measured{l, screen.Classify(in)})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return out, nil
}

// agreements has a row for each language and each style.
func agreements(ms []measured) [][]string {
	out := [][]string{{"answers", "rows", "decided", "wrong", "κ refused / rest", "κ any refusal / complied", "κ three classes", "no stance, decided"}}
	for _, by := range []func(measured) string{func(m measured) string { return "**" + m.Lang + "**" }, func(m measured) string { return m.Style }} {
		groups := map[string][]judged{}
		none := map[string]int{}
		for _, m := range ms {
			v := m.verdict
			groups[by(m)] = append(groups[by(m)], judged{m.Cluster, train.Class(m.Stance), classOf(v), v.Decided, v.Refusal})
			none[by(m)] += bit(m.Stance == harness.NoStance && v.Decided && classOf(v) != refusal.Neither)
		}
		for _, name := range sorted(groups) {
			if name != "" {
				out = append(out, append(otherRow(name, groups[name]), fmt.Sprint(none[name])))
			}
		}
	}
	return out
}

// outcomes is the confusion matrix by stance and kind.
func outcomes(ms []measured) [][]string {
	out := [][]string{{"label", "kind", "refuse", "redirect", "partial", "comply", "other", "unscored"}}
	count := map[string][]int{}
	for _, m := range ms {
		for _, key := range []string{string(m.Stance) + "\x00**all**", string(m.Stance) + "\x00" + m.Kind} {
			if count[key] == nil {
				count[key] = make([]int, 6)
			}
			at := slices.Index([]harness.Outcome{harness.OutcomeRefuse, harness.OutcomeRedirect, harness.OutcomePartial, harness.OutcomeComply}, m.verdict.Outcome)
			if at < 0 {
				at = 4 + bit(m.verdict.Outcome == harness.OutcomeUnscored)
			}
			count[key][at]++
		}
	}
	for _, key := range sorted(count) {
		row := strings.SplitN(key, "\x00", 2)
		for _, n := range count[key] {
			row = append(row, fmt.Sprint(n))
		}
		out = append(out, row)
	}
	return out
}

func sorted[V any](m map[string]V) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
