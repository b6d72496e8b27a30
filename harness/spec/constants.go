package spec

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// need is a file without which a task cannot be asked.
type need struct{ file, obtain string }

// needs lists the files that the task takes its rows and constants from.
func (b *build) needs() []need {
	var out []need
	if d := b.file.Data; d.File != "" {
		out = append(out, need{d.File, d.Obtain})
	}
	if c := b.file.Constants; c != nil && c.File != "" {
		out = append(out, need{c.File, c.Obtain})
	}
	return out
}

func constantsSum(c *constantsSpec) string {
	if c == nil {
		return ""
	}
	return c.SHA256
}

// constants reads the fields that all rows share.
func (b *build) constants() error {
	c := b.file.Constants
	if c == nil {
		return nil
	}
	cols := b.columns("constants.columns", c.Columns)
	format, err := formatOf(c.File, c.Format)
	if err != nil {
		b.at("constants.file", "constants.file: %v", err)
	}
	if len(b.errs) > 0 {
		return nil
	}
	src, err := b.l.find(b.p, b.file.Name, c.File)
	if m, ok := errors.AsType[*MissingData](err); ok {
		m.Obtain = c.Obtain
		return harness.Hint(m, "%s", m.Remedy())
	}
	if err != nil {
		b.at("constants.file", "constants.file: %v", err)
		return nil
	}
	src.format = format
	row := b.constantRow(src)
	if row == nil {
		return nil
	}
	b.prog.shared = harness.Fields{}
	for i := range cols {
		v, err := cols[i].value(row)
		if err != nil {
			b.at(cols[i].path, "%v (row of %s)", err, src.label)
			return nil
		}
		b.prog.shared[cols[i].name] = v
	}
	return nil
}

// constantRow finds the row and checks the file's digest. It returns nil where
// it has reported a mistake.
func (b *build) constantRow(src *source) harness.Fields {
	c := b.file.Constants
	sum := newSum()
	var found harness.Fields
	count := 0
	for at, err := range src.rows(context.Background(), sum) {
		if err != nil {
			b.errs = append(b.errs, Error{src.label, at.line, err.Error()})
			return nil
		}
		same := true
		for field, want := range c.Row {
			v, ok := at.row[field]
			if !ok && at.n == 0 {
				b.at("constants.row."+field, "constants.row: %s has no field %q; it has %s", src.label, field, strings.Join(names(at.row), ", "))
				return nil
			}
			same = same && ok && scalarText(v) == want
		}
		if same {
			found, count = at.row, count+1
		}
	}
	c.Digest = sumText(sum)
	if want := strings.TrimPrefix(c.SHA256, "sha256:"); want != "" && want != c.Digest {
		b.at("constants.sha256", "constants.sha256: %s has %s", src.label, c.Digest)
		return nil
	}
	if count != 1 {
		b.at("constants.row", "constants.row: %d rows of %s have %s, want one", count, src.label, condition(c.Row))
		return nil
	}
	return found
}

// condition is a set of field values as text, in the order of the fields.
func condition(m map[string]string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s %q", k, m[k]))
	}
	return strings.Join(parts, " and ")
}
