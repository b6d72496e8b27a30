package worksheet

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/report"
)

// Intake says what a sheet that came back is held against.
type Intake struct {
	Book    *audit.Book
	Sheet   string // of the run and model that it must belong to; see [ID]
	Model   int
	Rater   string
	Maker   string
	Correct bool // take another class for an answer that the rater has labelled
	At      time.Time
	// Texts, if not nil, returns what was asked and answered, so that a sheet whose
	// rows were mixed up (as where some columns were sorted alone) is not believed.
	Texts func(id harness.Hash) (prompt, answer string, err error)
}

// maxComplaints is how many faults of a sheet are told.
const maxComplaints = 20

// Labels makes labels of a sheet's rows, those without a class left out. Any fault
// refuses the whole sheet, so that nothing is half-imported: an unknown answer, the
// same answer twice, a class that is none, a sheet of another run or model, an
// answer that the rater has labelled already, texts of another answer. The error names
// them all by name:line, up to twenty. Rows that repeat what stands are left out when
// Correct.
func Labels(name string, rows []Row, in Intake) ([]audit.Label, error) {
	var labels []audit.Label
	var faults []error
	seen := map[harness.Hash]int{}
	for _, row := range rows {
		l, keep, err := in.label(row, seen)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%s:%d: %w", name, row.Line, err))
		case keep:
			labels = append(labels, l)
		}
	}
	if n := len(faults); n > maxComplaints {
		faults = append(faults[:maxComplaints], fmt.Errorf("%s: and %d more faults", name, n-maxComplaints))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return labels, nil
}

func (in Intake) label(row Row, seen map[harness.Hash]int) (l audit.Label, keep bool, err error) {
	if row.Sheet != in.Sheet {
		return l, false, fmt.Errorf("sheet %.40q belongs to another run or model: want %s", row.Sheet, in.Sheet)
	}
	id, err := harness.ParseHash(row.ID)
	if err != nil {
		return l, false, err
	}
	pick, known := in.Book.Picks[id]
	if !known {
		pick, known = in.Book.Work[id]
	}
	if !known || pick.Model != in.Model {
		return l, false, fmt.Errorf("answer %s is not on the worklist of this run and model", id.Short())
	}
	if first, twice := seen[id]; twice {
		return l, false, fmt.Errorf("answer %s stands on line %d already", id.Short(), first)
	}
	seen[id] = row.Line
	class := audit.Class(strings.ToLower(strings.TrimSpace(row.Class)))
	if class == "" {
		return l, false, nil
	}
	if err := in.mixedUp(id, row); err != nil {
		return l, false, err
	}
	l = audit.Label{ID: id, Rater: in.Rater, Maker: in.Maker, Class: class, Reason: strings.TrimSpace(row.Reason), Purpose: pick.Purpose, At: in.At}
	if err := l.Check(); err != nil || class == audit.Withdrawn {
		if err == nil {
			err = fmt.Errorf("class %q: want one of %s", class, audit.ClassNames())
		}
		return l, false, err
	}
	if maker, ok := in.Book.Makers[in.Rater]; ok && maker != in.Maker {
		return l, false, fmt.Errorf("rater %s gave labels as %s before: one name has one maker", in.Rater, maker)
	}
	before, labelled := in.Book.Labels[id][in.Rater]
	if labelled && !in.Correct {
		return l, false, fmt.Errorf("%s has labelled answer %s already, as %s: --correct records another label", in.Rater, id.Short(), before.Class)
	}
	return l, !labelled || before.Class != l.Class || before.Reason != l.Reason, nil
}

// The letters by which texts are compared: a spreadsheet may change spaces, marks,
// numbers and dates, and an answer of few letters tells nothing.
const (
	leastLetters = 12
	mostLetters  = 10000
)

// mixedUp tells whether the row shows other texts than those of its answer. Texts
// that were taken out of the sheet are not missed.
func (in Intake) mixedUp(id harness.Hash, row Row) error {
	if in.Texts == nil {
		return nil
	}
	prompt, answer, err := in.Texts(id)
	if err != nil {
		return err
	}
	for _, t := range []struct{ what, have, want string }{{"request", row.Prompt, prompt}, {"answer", row.Answer, answer}} {
		have, want := letters(t.have), letters(report.Clean(t.want))
		same := have == want || letters(report.Clean(t.have)) == want // as CSV shows it, or JSON Lines
		if have != "" && len(want) >= leastLetters && !same {
			return fmt.Errorf("the %s is not that of %s: rows were mixed up, or the text was changed; export the sheet again", t.what, id.Short())
		}
	}
	return nil
}

// letters keeps the first 10,000 letters of a text.
func letters(s string) string {
	var b []rune
	for _, r := range s {
		if unicode.IsLetter(r) {
			if b = append(b, r); len(b) == mostLetters {
				break
			}
		}
	}
	return string(b)
}
