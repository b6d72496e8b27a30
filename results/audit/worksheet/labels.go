package worksheet

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/audit"
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
}

// maxComplaints is how many faults of a sheet are told.
const maxComplaints = 20

// Labels makes labels of a sheet's rows, those without a class left out. Any fault
// refuses the whole sheet, so that nothing is half-imported: an unknown answer, the
// same answer twice, a class that is none, a sheet of another run or model, an
// answer that the rater has labelled already. The error names them all by
// name:line, up to twenty. Rows that repeat what stands are left out when Correct.
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
