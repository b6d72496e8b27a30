package spec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

// maxRowErrs is how many mistakes in rows are reported of one data file.
const maxRowErrs = 20

// locateData finds the rows of the task.
func (b *build) locateData() error {
	d := &b.file.Data
	if g := d.Generator; g != nil {
		b.generator(g)
		return nil
	}
	if d.File == "" {
		return nil // reported already
	}
	format, err := formatOf(d.File, d.Format)
	if err != nil {
		b.at("data.file", "data.file: %v", err)
		return nil
	}
	src, err := b.l.find(b.p, b.file.Name, d.File)
	if m, ok := errors.AsType[*MissingData](err); ok {
		m.Obtain = d.Obtain
		if len(b.errs) == 0 && (b.p.shipped || d.Obtain != "") {
			return harness.Hint(m, "%s", m.Remedy())
		}
		b.at("data.file", "data.file: %s is not there; %s", d.File, m.Remedy())
		return nil
	}
	if err != nil {
		b.at("data.file", "data.file: %v", err)
		return nil
	}
	src.format = format
	b.src = src
	return nil
}

func (b *build) generator(g *generatorSpec) {
	gen, ok := b.l.Generators[g.Name]
	switch {
	case !ok:
		b.at("data.generator.name", "unknown generator %q%s", g.Name, didYouMean(g.Name, slices.Collect(maps.Keys(b.l.Generators))))
		return
	case g.Rows < 1 || g.Rows > 100_000_000:
		b.at("data.generator.rows", "data.generator.rows: want 1 to 100000000")
		return
	}
	if err := gen.Check(g.Given); err != nil {
		b.at("data.generator.options", "data.generator.options: %v", err)
		return
	}
	g.Options, g.Version = g.Given, gen.Version()
	rows, seed, opts := g.Rows, g.Seed, g.Options
	b.src = &source{label: "generator " + g.Name, gen: func() seq { return gen.Rows(rows, seed, opts) }}
}

// survey reads the data once: digest, count, languages, identifiers, and
// whether every row can be rendered and scored.
func (b *build) survey() error {
	ids := newIDSet()
	defer ids.close()
	var twins twins
	sum := newSum()
	langs := map[string]bool{}
	excluded := map[string]bool{}
	start := len(b.errs)
	for at, err := range b.src.rows(context.Background(), sum) {
		if err != nil {
			b.rowErr(at, err)
			if _, one := errors.AsType[*rowError](err); !one || len(b.errs)-start >= maxRowErrs {
				break
			}
			continue
		}
		items, err := b.surveyRow(at, excluded)
		if err != nil && !b.rowErr(at, err) || len(b.errs)-start >= maxRowErrs {
			break
		}
		for i := range items {
			b.task.Count++
			twins.add(&items[i], at.line)
			if l := items[i].Lang; l != "" && !langs[l] {
				langs[l] = true
			}
			if err := ids.add(ids.hash(items[i].ID, items[i].Variant)); err != nil {
				return err
			}
		}
	}
	b.task.Languages = slices.Sorted(maps.Keys(langs))
	if len(b.errs) > start {
		return nil
	}
	if err := b.digest(sumText(sum)); err != nil {
		return err
	}
	b.excluded(excluded)
	if err := b.duplicates(ids); err != nil || len(b.errs) > start {
		return err
	}
	b.errs = append(b.errs, twins.check(b.src.label)...)
	return nil
}

func (b *build) surveyRow(at rowAt, excluded map[string]bool) ([]harness.Item, error) {
	items, err := b.prog.items(at.row, at.n, 0)
	if err != nil {
		return nil, err
	}
	if items == nil && b.prog.exclude != nil {
		if id, err := b.prog.render("id", at.row); err == nil && b.prog.exclude[id] {
			excluded[id] = true
		}
	}
	for i := range items {
		if err := b.prog.check(items[i]); err != nil {
			return nil, err
		}
	}
	return items, nil
}

// rowErr reports a mistake in a row. A field that the first row does not have
// is a mistake of the template, which ends the survey: it returns false.
func (b *build) rowErr(at rowAt, err error) bool {
	ap, isPath := errors.AsType[*atPath](err)
	uf, isField := errors.AsType[*prompt.UnknownField](err)
	if isPath && isField && at.n == 0 {
		hint := ""
		if n := Nearest(uf.Field, uf.Have); n != "" {
			hint = fmt.Sprintf("; did you mean %q?", n)
		}
		b.at(ap.path, "%s: unknown field %q%s (%s:%d has %s)", ap.path, uf.Field, hint, b.src.label, at.line, strings.Join(uf.Have, ", "))
		return false
	}
	msg := err.Error()
	switch {
	case isPath && b.file.Sealed:
		msg = ap.path + ": the row does not suit it (the task is sealed)"
	case isPath && isField:
		msg = fmt.Sprintf("%s: no field %q in this row", ap.path, uf.Field)
	}
	b.errs = append(b.errs, Error{b.src.label, at.line, msg})
	return true
}

// checkSum compares the digest of a file whose rows are not read because the
// specification has mistakes.
func (b *build) checkSum() {
	if b.src == nil || b.src.open == nil || !sumForm.MatchString(b.file.Data.SHA256) {
		return
	}
	f, err := b.src.open()
	if err != nil {
		return
	}
	defer f.Close()
	sum := newSum()
	if _, err := io.Copy(sum, f); err == nil {
		b.compareSum(sumText(sum))
	}
}

// compareSum reports a digest that is not the one in the task.
func (b *build) compareSum(have string) bool {
	want := strings.TrimPrefix(b.file.Data.SHA256, "sha256:")
	if want == "" || want == have {
		return true
	}
	b.at("data.sha256", "data.sha256: %s has %s", b.src.label, have)
	return false
}

// digest compares the digest of the data file with the one in the task.
func (b *build) digest(have string) error {
	if b.src.gen != nil {
		return nil
	}
	if !b.compareSum(have) {
		return nil
	}
	h, err := harness.ParseHash(have)
	b.task.DataDigest = h
	if b.task.Count == 0 {
		b.errs = append(b.errs, Error{b.src.label, 1, "no rows, or none that is selected"})
	}
	return err
}

// excluded checks that what is left out is there, and notes it.
func (b *build) excluded(found map[string]bool) {
	e := b.file.Exclude
	if e == nil {
		return
	}
	for i, id := range e.IDs {
		if !found[id] {
			b.at(fmt.Sprintf("exclude.ids.%d", i), "exclude.ids: no item %q in %s", id, b.src.label)
		}
	}
	b.task.Notes = append(b.task.Notes, fmt.Sprintf("without items %s: %s", strings.Join(e.IDs, ", "), e.Reason))
}

// duplicates reads the data again where hashes repeat, and names the rows.
func (b *build) duplicates(ids *idSet) error {
	hashes, err := ids.repeated(maxRowErrs)
	if err != nil || len(hashes) == 0 {
		return err
	}
	type key struct{ id, variant string }
	first := map[key]int{}
	for at, err := range b.src.rows(context.Background(), nil) {
		if err != nil {
			return err
		}
		items, err := b.prog.items(at.row, at.n, 0)
		if err != nil {
			return err
		}
		for _, it := range items {
			if !hashes[ids.hash(it.ID, it.Variant)] {
				continue
			}
			k := key{it.ID, it.Variant}
			line, dup := first[k]
			if !dup {
				first[k] = at.line
				continue
			}
			b.errs = append(b.errs, Error{b.src.label, at.line, fmt.Sprintf("duplicate item id %q; it stands in line %d already: every item has its own", it.ID, line)})
			if len(b.errs) >= maxRowErrs {
				return nil
			}
		}
	}
	return nil
}
