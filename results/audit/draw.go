package audit

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
)

// Unit is one answer that can be drawn.
type Unit struct {
	ID      harness.Hash
	Index   int64 // place in the plan
	Task    string
	Lang    string
	Side    harness.Side
	Verdict harness.Outcome // of the screen, at the moment of the draw
	Cluster string          // its source; "" where it stands alone
}

// Options say what is drawn.
type Options struct {
	Model int   // place in the run
	Seed  int64 // of the random order; that of the first draw counts
	Per   int   // answers for each language and side, at least, where there are so many
	Task  string
}

// Stratum is a part of the answers that is drawn from by itself.
type Stratum struct {
	Task    string          `json:"task"`
	Lang    string          `json:"lang"`
	Side    harness.Side    `json:"side"`
	Verdict harness.Outcome `json:"verdict"`
	Wave    int             `json:"wave"`   // 0 for the first draw; later for answers that came after it
	Groups  int             `json:"groups"` // clusters that it has
	Drawn   int             `json:"drawn"`  // clusters that are drawn
	Rows    Ranges          `json:"rows"`   // places in the plan of its answers
}

// Probability is the inclusion probability of every answer of the stratum.
func (s Stratum) Probability() float64 { return float64(s.Drawn) / float64(s.Groups) }

// Design is how the sample of one model was drawn.
type Design struct {
	Model  int       `json:"model"`
	Seed   int64     `json:"seed"`
	Per    int       `json:"per"`
	Task   string    `json:"task,omitempty"` // the last draw was for this one
	Strata []Stratum `json:"strata"`
}

// Purpose says what a picked answer is for.
type Purpose string

// The purposes.
const (
	Estimation   Purpose = "estimate"     // drawn at random: its label counts in rates
	Adjudication Purpose = "adjudication" // picked for its verdicts: its label counts in no rate
)

// Pick is an answer that is to be labelled.
type Pick struct {
	ID          harness.Hash `json:"-"`
	Model       int          `json:"model"`
	Purpose     Purpose      `json:"purpose"`
	Stratum     int          `json:"stratum"`               // place in Design.Strata
	Group       int          `json:"group"`                 // place of its cluster in the random order, from 0
	Drawn       int          `json:"drawn,omitempty"`       // clusters drawn from the stratum
	Probability float64      `json:"probability,omitempty"` // inclusion probability
}

// order is where a pick stands in a worklist: the first group of every stratum, then
// every stratum at its pace, so that a rate can be estimated early.
func (p Pick) order() float64 { return float64(p.Group) / float64(max(p.Drawn, 1)) }

// floor is how many groups of a stratum are drawn at least.
const floor = 2

// Draw draws a sample, or extends the one of before, which may be nil. It is the
// same for the same arguments. The picks are all of the sample, those of before
// included, in the order of their strata.
func Draw(units []Unit, before *Design, o Options) (Design, []Pick) {
	d := Design{Model: o.Model, Seed: o.Seed, Per: o.Per, Task: o.Task}
	if before != nil {
		d.Seed = before.Seed
		d.Strata = slices.Clone(before.Strata)
	}
	members := d.place(units)
	d.allocate(o)
	var picks []Pick
	for s, st := range d.Strata {
		groups := randomOrder(d, st, members[s])
		for g, units := range groups[:min(st.Drawn, len(groups))] {
			for _, u := range units {
				picks = append(picks, Pick{ID: u.ID, Model: o.Model, Purpose: Estimation, Stratum: s, Group: g, Drawn: st.Drawn, Probability: st.Probability()})
			}
		}
	}
	return d, picks
}

// place sorts the units into strata: those of before by what was written down then,
// the rest by their verdicts into strata of a new wave.
func (d *Design) place(units []Unit) [][]Unit {
	at := map[int64]int{}
	wave := 0
	for s, st := range d.Strata {
		wave = max(wave, st.Wave+1)
		for i := range st.Rows.All() {
			at[i] = s
		}
	}
	type key struct {
		task, lang string
		side       harness.Side
		verdict    harness.Outcome
	}
	fresh := map[key][]int64{}
	for _, u := range units {
		if _, known := at[u.Index]; !known {
			k := key{u.Task, u.Lang, u.Side, u.Verdict}
			fresh[k] = append(fresh[k], u.Index)
		}
	}
	var added []Stratum
	for k, rows := range fresh {
		added = append(added, Stratum{Task: k.task, Lang: k.lang, Side: k.side, Verdict: k.verdict, Wave: wave, Rows: RangesOf(rows)})
	}
	slices.SortFunc(added, func(a, b Stratum) int {
		return cmp.Or(cmp.Compare(a.Task, b.Task), cmp.Compare(a.Lang, b.Lang), cmp.Compare(a.Side, b.Side), cmp.Compare(a.Verdict, b.Verdict))
	})
	for _, st := range added {
		for i := range st.Rows.All() {
			at[i] = len(d.Strata)
		}
		d.Strata = append(d.Strata, st)
	}
	members := make([][]Unit, len(d.Strata))
	for _, u := range units {
		members[at[u.Index]] = append(members[at[u.Index]], u)
	}
	for s := range d.Strata {
		d.Strata[s].Groups = len(groupsOf(members[s]))
	}
	return members
}

// groupsOf sorts units by their cluster.
func groupsOf(units []Unit) map[string][]Unit {
	groups := map[string][]Unit{}
	for _, u := range units {
		k := "c" + u.Cluster
		if u.Cluster == "" {
			k = "i" + u.ID.String()
		}
		groups[k] = append(groups[k], u)
	}
	return groups
}

// allocate raises what is drawn of each stratum until every language and side has
// its number, in proportion to the groups. It never lowers it.
func (d *Design) allocate(o Options) {
	type cell struct {
		lang string
		side harness.Side
	}
	cells := map[cell][]int{}
	for s, st := range d.Strata {
		if o.Task == "" || st.Task == o.Task {
			c := cell{st.Lang, st.Side}
			cells[c] = append(cells[c], s)
		}
	}
	for _, strata := range cells {
		total := 0
		for _, s := range strata {
			total += d.Strata[s].Rows.Len()
		}
		share := math.Min(1, float64(o.Per)/float64(total))
		for _, s := range strata {
			st := &d.Strata[s]
			st.Drawn = max(st.Drawn, min(st.Groups, max(floor, int(share*float64(st.Groups)))))
		}
		for d.expected(strata) < float64(min(o.Per, total))-1e-9 {
			st := &d.Strata[d.behind(strata)]
			st.Drawn++
		}
	}
}

// expected is how many answers a draw of the strata has on average.
func (d *Design) expected(strata []int) float64 {
	var n float64
	for _, s := range strata {
		n += d.Strata[s].Probability() * float64(d.Strata[s].Rows.Len())
	}
	return n
}

// behind is the stratum with the smallest share drawn; the first of equals.
func (d *Design) behind(strata []int) int {
	return slices.MinFunc(strata, func(a, b int) int {
		return cmp.Compare(d.Strata[a].Probability(), d.Strata[b].Probability())
	})
}

// randomOrder puts the groups of a stratum in the order of a hash of the seed, the
// stratum and the group: the same however often and in whatever order it is asked.
func randomOrder(d Design, st Stratum, units []Unit) [][]Unit {
	type placed struct {
		at    [sha256.Size]byte
		units []Unit
	}
	var groups []placed
	for name, g := range groupsOf(units) {
		slices.SortFunc(g, func(a, b Unit) int { return cmp.Compare(a.Index, b.Index) })
		b := binary.BigEndian.AppendUint64(nil, uint64(d.Seed))
		b = fmt.Appendf(b, "%d\x00%q%q%q%q%d\x00%s", d.Model, st.Task, st.Lang, st.Side, st.Verdict, st.Wave, name)
		groups = append(groups, placed{sha256.Sum256(b), g})
	}
	slices.SortFunc(groups, func(a, b placed) int { return slices.Compare(a.at[:], b.at[:]) })
	out := make([][]Unit, len(groups))
	for i, g := range groups {
		out[i] = g.units
	}
	return out
}
