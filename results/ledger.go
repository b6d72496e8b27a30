package results

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Entry is one line of the ledger: something that was said about a run, a
// sample or a judge, by whom and when, in a form that its kind fixes.
type Entry struct {
	Seq  int64           // order within the store; given by Record
	Kind string          // what the body is; see the kinds below
	Run  string          // whole ID of a run; "" where it belongs to none, as an exam of a judge
	Key  string          // what it is about within the run, such as a sample ID in hexadecimal digits
	At   time.Time       // when; zero asks the store for its clock
	Body json.RawMessage // one JSON value
}

// Kinds of entries in use. A further kind needs no change of a store.
const (
	KindAuditSample  = "audit-sample" // a sample drawn for labelling, with its inclusion probability
	KindLabel        = "label"        // a rater's label of a sample; a later one of the same rater corrects it
	KindAdjudication = "adjudication" // the label that stands where raters differ
	KindVerdict      = "verdict"      // a judge's verdict on a sample
	KindExam         = "exam"         // a judge's examination
	KindReveal       = "reveal"       // texts of harmful items were shown
)

// Ledger keeps what is said about rows, beside the rows. It only grows: no call
// changes or removes an entry, and a correction is a further entry.
//
//	err := ledger.Record(ctx, results.Entry{Kind: results.KindLabel, Run: run.ID, Key: row.ID.String(), Body: body})
//	for e, err := range ledger.Entries(ctx, results.KindLabel, run.ID, "") { … }
type Ledger interface {
	// Record appends entries in their order, all of them or, with an error, none,
	// and returns after COMMIT. An unknown run is ErrNotFound; an empty kind and a
	// body that is not one JSON value are errors. Seq is ignored.
	Record(ctx context.Context, entries ...Entry) error
	// Entries yields the entries that agree with kind, run (by its whole ID) and
	// key, oldest first; an empty string agrees with all. It holds no lock: the
	// loop may call the store, and what is recorded meanwhile may appear.
	Entries(ctx context.Context, kind, run, key string) iter.Seq2[Entry, error]
}
