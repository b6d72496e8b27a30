package lint

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
)

// ReadingsFile is the name of the file beside a battery's items that records
// who read them without seeing their side: JSON Lines, one reading a line, with
// id (and variant, where the item is one), reading (refuse, help or undecided),
// reader, kind (human, model or synthetic), date, and text, the fingerprint of
// what was read.
const ReadingsFile = "readings.jsonl"

// The readings of an item.
const (
	toRefuse  = "refuse"
	toHelp    = "help"
	undecided = "undecided"
)

// readers are the kinds of readers, which are never mixed.
var readers = []string{"human", "model", "synthetic"}

// Agreement is how far one reader agrees with the sides of a battery's items,
// contested ones included.
type Agreement struct {
	Reader    string
	Kind      string // human, model or synthetic
	Items     int    // of the battery, contested ones included
	Read      int    // of them, as they stand
	Harmful   Tally
	Benign    Tally
	Kappa     float64  // Cohen's kappa of side and reading, undecided a third class; NaN where undefined
	Disputed  []string // items read as of the other side, or undecided
	Contested int      // of the disputed ones, those in the contested list
}

// Tally counts the readings of one side.
type Tally struct{ Refuse, Help, Undecided int }

func (t Tally) sum() int { return t.Refuse + t.Help + t.Undecided }

func (t *Tally) add(reading string) {
	switch reading {
	case toRefuse:
		t.Refuse++
	case toHelp:
		t.Help++
	default:
		t.Undecided++
	}
}

// Fingerprint marks a text, so that a reading holds only for the words that
// were read: the first 16 hexadecimal digits of their SHA-256.
func Fingerprint(text string) string {
	return harness.HashBytes([]byte(strings.TrimSpace(text))).String()[:16]
}

// reading is a line of a readings file.
type reading struct {
	ID      string `json:"id"`
	Variant string `json:"variant"`
	Reading string `json:"reading"`
	Reader  string `json:"reader"`
	Kind    string `json:"kind"`
	Date    string `json:"date"`
	Text    string `json:"text"`
}

// flaw is what is wrong with a reading by itself, "" if nothing.
func (r reading) flaw() string {
	switch _, err := time.Parse(time.DateOnly, r.Date); {
	case r.ID == "":
		return "the reading has no id"
	case !slices.Contains([]string{toRefuse, toHelp, undecided}, r.Reading):
		return fmt.Sprintf("item %q has the reading %q: want refuse, help or undecided", r.ID, r.Reading)
	case r.Reader == "":
		return fmt.Sprintf("item %q was read by nobody: give reader", r.ID)
	case !slices.Contains(readers, r.Kind):
		return fmt.Sprintf("item %q has a reader of the kind %q: want %s", r.ID, r.Kind, strings.Join(readers, ", "))
	case err != nil:
		return fmt.Sprintf("item %q was read on %q: want a date such as 2026-01-31", r.ID, r.Date)
	case r.Text == "":
		return fmt.Sprintf("item %q does not say which words were read: give text, the first 16 hexadecimal digits of the prompt's SHA-256", r.ID)
	}
	return ""
}

// read is an item as its readers met it.
type read struct {
	side      harness.Side
	text      string // fingerprint
	contested bool
}

// Readings checks the readings of a battery's items and tells how far each
// reader agrees with their sides. contested are the items outside all rates;
// their readings count in the agreement. A reading that disputes an item that is
// still asked is a mistake; one of words that have changed since is left out,
// with a warning. Readers come in the order of their first line.
func Readings(r io.Reader, task *harness.Task, items, contested []harness.Item) ([]LineFinding, []Agreement, error) {
	known := map[string]read{}
	b := newBattery(task, items)
	for _, x := range b.rows {
		known[x.id] = read{side: x.Side, text: Fingerprint(x.text)}
	}
	for _, it := range contested {
		known[Key(&it)] = read{it.Side, Fingerprint(asked(&it, nil)), true}
	}
	var out []LineFinding
	find := func(line int, warning bool, format string, args ...any) {
		out = append(out, LineFinding{line, warning, fmt.Sprintf(format, args...)})
	}
	all := &agreements{items: len(known), at: map[string]int{}, seen: map[string]int{}}
	err := eachLine(r, func(line int, text []byte) {
		var x reading
		if err := json.Unmarshal(text, &x); err != nil {
			find(line, false, "not a reading: %v", err)
			return
		}
		if flaw := x.flaw(); flaw != "" {
			find(line, false, "%s", flaw)
			return
		}
		id := joinKey(x.ID, x.Variant)
		it, ok := known[id]
		switch first := all.first(id, x.Reader, line); {
		case !ok:
			find(line, false, "item %q is not in the battery", id)
		case first != line:
			find(line, false, "item %q was read by %q in line %d already", id, x.Reader, first)
		case it.text != x.Text:
			find(line, true, "item %q has other words than those that were read: have it read again", id)
		case all.count(id, x, it) && !it.contested:
			find(line, false, "item %q is %s and was read as %q: write it and its twin anew, or move both to %s", id, it.side, x.Reading, ContestedFile)
		}
	})
	if err != nil {
		return out, nil, fmt.Errorf("read %s: %w", ReadingsFile, err)
	}
	return out, all.list(), nil
}

// agreements collects the readings of each reader.
type agreements struct {
	items int
	by    []Agreement
	at    map[string]int // reader -> place in by
	seen  map[string]int // item and reader -> line
}

// first is the line of the first reading of an item by a reader.
func (a *agreements) first(id, reader string, line int) int {
	key := id + "\x00" + reader
	if a.seen[key] == 0 {
		a.seen[key] = line
	}
	return a.seen[key]
}

// count adds a reading and tells whether it disputes the item's side.
func (a *agreements) count(id string, x reading, it read) bool {
	at, ok := a.at[x.Reader]
	if !ok {
		at = len(a.by)
		a.at[x.Reader] = at
		a.by = append(a.by, Agreement{Reader: x.Reader, Kind: x.Kind, Items: a.items})
	}
	g := &a.by[at]
	g.Read++
	want, side := toHelp, &g.Benign
	if it.side == harness.Harmful {
		want, side = toRefuse, &g.Harmful
	}
	side.add(x.Reading)
	if x.Reading == want {
		return false
	}
	g.Disputed = append(g.Disputed, id)
	if it.contested {
		g.Contested++
	}
	return true
}

func (a *agreements) list() []Agreement {
	for i := range a.by {
		a.by[i].Kappa = kappa(a.by[i].Harmful, a.by[i].Benign)
	}
	return a.by
}

// kappa is Cohen's kappa (Educational and Psychological Measurement 20, 1960)
// between the sides and the readings. No side is undecided, so that readings
// that are agree with none by chance.
func kappa(harmful, benign Tally) float64 {
	h, b := float64(harmful.sum()), float64(benign.sum())
	n := h + b
	observed := float64(harmful.Refuse+benign.Help) / n
	chance := (h*float64(harmful.Refuse+benign.Refuse) + b*float64(harmful.Help+benign.Help)) / (n * n)
	if n == 0 || chance == 1 {
		return math.NaN()
	}
	return (observed - chance) / (1 - chance)
}

// Disputes are the items of a contested file. A line that is none is passed
// over: [Contested] reports it.
func Disputes(r io.Reader) []harness.Item {
	var out []harness.Item
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, maxLine)
	for scan.Scan() {
		var f struct{ ID, Variant, Side, Prompt string }
		if json.Unmarshal(scan.Bytes(), &f) != nil || f.ID == "" {
			continue
		}
		out = append(out, harness.Item{ID: f.ID, Variant: f.Variant, Side: harness.Side(f.Side),
			Messages: []harness.Message{{Role: "user", Content: f.Prompt}}})
	}
	return out
}
