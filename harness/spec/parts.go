package spec

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
	"github.com/sovereign-eval/haetae/harness/score"
)

type seq = iter.Seq2[harness.Fields, error]

// scorers builds the scorers from their options.
func (b *build) scorers() {
	seen := map[string]bool{}
	for i := range b.file.Scorers {
		s := &b.file.Scorers[i]
		at := fmt.Sprintf("scorers.%d", i)
		if s.Kind == "" {
			continue // reported already
		}
		built := b.scorer(s, at)
		if built == nil {
			continue
		}
		if seen[s.Name] {
			b.at(at, "scorers: two are called %q; give one of them another name: {%s: {name: …}}", s.Name, s.Kind)
		}
		seen[s.Name] = true
		b.prog.scorers = append(b.prog.scorers, built)
		b.prog.paths = append(b.prog.paths, at)
	}
	if b.given("scorers") && len(b.file.Scorers) == 0 {
		b.at("scorers", "scorers: the list is empty")
	}
}

func (b *build) scorer(s *scorerSpec, at string) harness.Scorer {
	f, ok := b.l.Scorers[s.Kind]
	if !ok {
		b.at(at, "unknown scorer %q%s", s.Kind, didYouMean(s.Kind, slices.Collect(maps.Keys(b.l.Scorers))))
		return nil
	}
	before := len(b.errs)
	s.Options = f.Options()
	if s.node != nil {
		node, name := withoutName(s.node)
		if name != "" {
			s.Name = name
		}
		b.nested(node, s.Options, at)
	}
	if len(b.errs) > before {
		return nil
	}
	built, err := f.New(s.Name, s.Options)
	if err != nil {
		if oe, ok := errors.AsType[*score.OptionError](err); ok {
			p := join(at, oe.Option)
			b.at(p, "%s.%s: %v", s.Kind, oe.Option, oe.Err)
			return nil
		}
		b.at(at, "%s: %v", s.Kind, err)
		return nil
	}
	return built
}

// metrics resolves the metrics by their registered facts.
func (b *build) metrics() {
	names := map[string]bool{}
	for _, s := range b.file.Scorers {
		names[s.Name] = true
	}
	var seen []string
	for i := range b.file.Metrics {
		m := &b.file.Metrics[i]
		at := fmt.Sprintf("metrics.%d", i)
		info, ok := b.l.Metrics[m.Name]
		if m.Name == "" {
			continue // reported already
		}
		if !ok {
			b.at(join(at, "name"), "unknown metric %q%s", m.Name, didYouMean(m.Name, slices.Collect(maps.Keys(b.l.Metrics))))
			continue
		}
		if info.Kind != "" && info.Kind != b.prog.kind && (b.prog.kind == harness.Capability || b.prog.kind == harness.Safety) {
			b.at(join(at, "name"), "metric %s belongs to %s tasks", m.Name, info.Kind)
		}
		if m.Scorer != "" && !names[m.Scorer] {
			b.at(join(at, "scorer"), "metrics: no scorer is called %q%s", m.Scorer, didYouMean(m.Scorer, slices.Collect(maps.Keys(names))))
		}
		for _, flag := range []struct {
			dst   **bool
			value bool
		}{{&m.LowerIsBetter, info.LowerIsBetter}, {&m.Graded, info.Graded}} {
			if *flag.dst == nil {
				*flag.dst = &flag.value
			}
		}
		key := fmt.Sprint(m.Name, m.Scorer, m.Where)
		if has(seen, key) {
			b.at(at, "metrics: %s is listed twice", m.Name)
		}
		seen = append(seen, key)
		b.task.Metrics = append(b.task.Metrics, harness.Metric{Name: m.Name, Scorer: m.Scorer, Where: m.Where, LowerIsBetter: *m.LowerIsBetter, Graded: *m.Graded})
	}
	if b.given("metrics") && len(b.file.Metrics) == 0 {
		b.at("metrics", "metrics: the list is empty")
	}
}

// maxShots is the largest number of worked examples.
const maxShots = 64

// shots chooses the worked examples, where their file is there.
func (b *build) shots() error {
	f := b.file.Fewshot
	if f == nil {
		return nil
	}
	turns := b.turns("fewshot.messages", f.Messages)
	cols := b.columns("fewshot.columns", f.Columns)
	if f.K < 1 || f.K > maxShots {
		b.at("fewshot.k", "fewshot.k: want 1 to %d", maxShots)
	}
	if f.File == b.file.Data.File && f.File != "" {
		b.at("fewshot.file", "fewshot.file: examples come from another file than the items")
	}
	format, err := formatOf(f.File, f.Format)
	if err != nil {
		b.at("fewshot.file", "fewshot.file: %v", err)
	}
	if len(b.errs) > 0 {
		return nil
	}
	src, err := b.l.find(b.p, b.file.Name, f.File)
	if m, ok := errors.AsType[*MissingData](err); ok {
		if f.Required {
			return harness.Hint(m, "%s", m.Remedy())
		}
		b.task.Notes = append(b.task.Notes, "0-shot: no training file given")
		return nil
	}
	if err != nil {
		b.at("fewshot.file", "fewshot.file: %v", err)
		return nil
	}
	src.format = format
	rows, err := b.pickShots(src, cols)
	if err != nil || len(b.errs) > 0 {
		return err
	}
	if b.prog.chat, err = b.prog.chat.WithShots(turns, rows); err != nil {
		b.at("fewshot.messages", "fewshot.messages: %v", err)
	}
	b.task.Notes = append(b.task.Notes, fmt.Sprintf("%d-shot from %s", len(rows), f.File))
	return nil
}

func (b *build) pickShots(src *source, cols []computed) ([]harness.Fields, error) {
	f := b.file.Fewshot
	pick := prompt.NewPicker(f.K, f.Seed)
	sum := newSum()
	for at, err := range src.rows(context.Background(), sum) {
		if err != nil {
			b.errs = append(b.errs, Error{src.label, at.line, err.Error()})
			return nil, nil
		}
		pick.Add(at.row)
	}
	f.Digest = sumText(sum)
	if want := strings.TrimPrefix(f.SHA256, "sha256:"); want != "" && want != f.Digest {
		b.at("fewshot.sha256", "fewshot.sha256: %s has %s", src.label, f.Digest)
		return nil, nil
	}
	rows := pick.Rows()
	if len(rows) < f.K {
		b.errs = append(b.errs, Error{src.label, 0, fmt.Sprintf("%d rows are fewer than the %d examples asked for", len(rows), f.K)})
	}
	for _, row := range rows {
		for i := range cols {
			v, err := cols[i].value(row)
			if err != nil {
				b.at(cols[i].path, "fewshot: %v", err)
				return nil, nil
			}
			row[cols[i].name] = v
		}
	}
	return rows, nil
}

// flags makes the scorers tell what metrics select by.
func (b *build) flags() {
	var fields []string
	for _, m := range b.file.Metrics {
		for field := range m.Where {
			if !has(rowFacts, field) && !has(fields, field) {
				fields = append(fields, field)
			}
		}
	}
	if fields == nil {
		return
	}
	slices.Sort(fields)
	for i, s := range b.prog.scorers {
		b.prog.scorers[i] = &flagged{s, fields}
	}
}
