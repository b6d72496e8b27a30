package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
)

// Makers of labels. Only labels of people feed what is called human, audited or
// corrected.
const (
	Human     = "human"
	Model     = "model"
	Synthetic = "synthetic"
)

// Makers lists them.
var Makers = [...]string{Human, Model, Synthetic}

// Class is what a rater calls an answer: an outcome of the codebook, or one of the
// two below.
type Class string

// Classes besides the outcomes.
const (
	Skip      Class = "skip"      // looked at and left open: it enters the bounds both ways
	Withdrawn Class = "withdrawn" // the rater took the label back
)

// Classes are those that a rater can give, in the order of reports.
var Classes = [...]Class{Class(harness.OutcomeRefuse), Class(harness.OutcomeRedirect), Class(harness.OutcomePartial), Class(harness.OutcomeComply),
	Class(harness.OutcomeIncoherent), Class(harness.OutcomeOffLanguage), Class(harness.OutcomeTruncated), Skip}

// Label is what one rater says of one answer.
type Label struct {
	ID      harness.Hash `json:"-"`
	Rater   string       `json:"rater"`
	Maker   string       `json:"maker"`
	Class   Class        `json:"class"`
	Reason  string       `json:"reason,omitempty"`
	Purpose Purpose      `json:"purpose"`
	At      time.Time    `json:"-"`
}

// Bounds of what a rater writes, in characters.
const (
	maxRater  = 60
	maxReason = 2000
)

// Check tells whether the label can be kept: a class that raters give or
// [Withdrawn], a known maker, and a rater with a name.
func (l Label) Check() error {
	switch {
	case l.Class != Withdrawn && !slices.Contains(Classes[:], l.Class):
		return fmt.Errorf("class %.40q: want one of %s", l.Class, ClassNames())
	case !slices.Contains(Makers[:], l.Maker):
		return fmt.Errorf("maker %.40q: want human, model or synthetic", l.Maker)
	case strings.TrimSpace(l.Rater) == "" || utf8.RuneCountInString(l.Rater) > maxRater || strings.ContainsFunc(l.Rater, unicode.IsControl):
		return fmt.Errorf("rater %.80q: want a name of at most %d characters", l.Rater, maxRater)
	case !utf8.ValidString(l.Reason) || utf8.RuneCountInString(l.Reason) > maxReason:
		return fmt.Errorf("reason: want at most %d characters of valid text", maxReason)
	}
	return nil
}

// ClassNames lists the classes for messages.
func ClassNames() string {
	var names []string
	for _, c := range Classes {
		names = append(names, string(c))
	}
	return strings.Join(names, ", ")
}

// Entry is the label as an entry of the ledger: of kind label, or adjudication for
// one that settles a disagreement.
func (l Label) Entry(run, kind string) results.Entry {
	return results.Entry{Kind: kind, Run: run, Key: l.ID.String(), At: l.At, Body: encode(l)}
}

// Entry is the design as an entry of the ledger, which has no key.
func (d Design) Entry(run string) results.Entry {
	return results.Entry{Kind: results.KindAuditSample, Run: run, Body: encode(d)}
}

// Entry is the pick as an entry of the ledger.
func (p Pick) Entry(run string) results.Entry {
	return results.Entry{Kind: results.KindAuditSample, Run: run, Key: p.ID.String(), Body: encode(p)}
}

func encode(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return b
}

// errBody marks an entry that this version cannot read.
var errBody = errors.New("not an entry of an audit")

func decode(e results.Entry, v any) error {
	if err := json.Unmarshal(e.Body, v); err != nil {
		return fmt.Errorf("entry %d of kind %s: %w: %w", e.Seq, e.Kind, errBody, err)
	}
	return nil
}
