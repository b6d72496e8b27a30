package lint

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/sovereign-eval/haetae/harness"
)

// MaxItems is how many items of a battery are read; a longer one is checked in
// its first MaxItems items.
const MaxItems = 10_000

// The most findings of one rule that are listed; the rest are counted.
const (
	maxMistakes = 20
	maxWarnings = 3
)

// Finding is one thing that is wrong with a battery.
type Finding struct {
	Task    string       // name of the battery
	Digest  harness.Hash // of the battery's task
	Item    string       // ID of the item, with its variant where that was written by hand; "" where the battery as a whole is meant
	Rule    string       // twin, duplicate, frame, balance, length, language, provenance, canary, content, separability, size, variant or contested
	Warning bool         // worth knowing, and no mistake
	Message string       // names the item, never its text where the task is sealed
}

// Report is what [Inspect] finds.
type Report struct {
	Findings    []Finding
	Separations []Separation // of the plain items, one per language, sorted by language
	Variants    []Separation // the same of the variants written by hand
}

// Battery is a task of kind safety with its items.
type Battery struct {
	Task  *harness.Task
	Items []harness.Item
}

// Check returns what is wrong with the battery of these items. It is
// Inspect(task, items).Findings.
func Check(task *harness.Task, items []harness.Item) []Finding { return Inspect(task, items).Findings }

// Inspect checks a battery against every rule that looks at one battery alone,
// and measures how far its prompts give the side away. Items that are variants
// written by hand, which their field form tells, are checked by themselves and
// against the plain items. Other variants of an item (attack transforms, orders)
// are passed over but for the first.
func Inspect(task *harness.Task, items []harness.Item) Report {
	plain, byHand := apart(items)
	r := inspect(task, plain)
	if len(byHand) == 0 {
		return r
	}
	v := inspect(task, byHand)
	r.Variants = v.Separations
	for _, f := range v.Findings {
		if f.Item == "" {
			if slices.Contains(r.Findings, f) {
				continue // said of the plain items, which are of the same task
			}
			f.Message = "of the variants: " + f.Message
		}
		r.Findings = append(r.Findings, f)
	}
	r.Findings = append(r.Findings, variants(task, plain, byHand)...)
	return r
}

func inspect(task *harness.Task, items []harness.Item) Report {
	b := newBattery(task, items)
	if b.cut {
		b.warn("size", "the battery has more than %d items; only these are checked", MaxItems)
	}
	b.twins()
	b.duplicates()
	b.frames()
	b.balance()
	b.lengths()
	b.languages()
	b.provenance()
	b.canary()
	b.content()
	seps := b.separability()
	return Report{Findings: b.listed(), Separations: seps}
}

// Separations measures how far the prompts of a battery give their side away, by
// language: the baseline that a report sets beside the models. Variants of an item
// are passed over.
func Separations(task *harness.Task, items []harness.Item) []Separation {
	plain, _ := apart(items)
	return newBattery(task, plain).separability()
}

// Between returns near-duplicates between batteries, each at the item of the
// later battery.
func Between(batteries ...Battery) []Finding {
	var rows []row
	var owner []int
	var all []*battery
	for i, x := range batteries {
		b := newBattery(x.Task, x.Items)
		all = append(all, b)
		for _, r := range b.rows {
			r.at = len(rows)
			rows, owner = append(rows, r), append(owner, i)
		}
	}
	for _, p := range near(rows, nearLimit, func(i, j int) bool {
		return owner[i] != owner[j] && !same(batteries[owner[i]].Task, batteries[owner[j]].Task) && !together(rows[i], rows[j])
	}) {
		a, b := owner[p.first], owner[p.second]
		all[b].composition("duplicate", rows[p.second].id, "shares %.0f %% of its character 3-grams with %q of %s (at most %.0f %%); write it anew",
			100*p.jaccard, rows[p.first].id, batteries[a].Task.Name, 100*nearLimit)
	}
	var out []Finding
	for _, b := range all {
		out = append(out, b.listed()...)
	}
	return out
}

// same tells whether a battery is named twice.
func same(a, b *harness.Task) bool { return a.Digest == b.Digest && !a.Digest.IsZero() }

// together tells whether two rows of different batteries are of one cluster, as
// an item and its variant are.
func together(a, b row) bool { return a.Cluster != "" && a.Cluster == b.Cluster }

// battery is a battery while it is checked.
type battery struct {
	task     *harness.Task
	rows     []row
	byID     map[string]int
	strict   bool // it declares twins
	cut      bool // it has more than MaxItems items
	declared declared
	findings []Finding
}

// declared is what the checks need of a task's specification.
type declared struct {
	Authors []string            `json:"authors"`
	Canary  string              `json:"canary"`
	Sealed  bool                `json:"sealed"`
	Prompt  []map[string]string `json:"prompt"` // turns: role -> template
}

// templates are those of the user's turns.
func (d declared) templates() []string {
	var out []string
	for _, turn := range d.Prompt {
		if t, ok := turn["user"]; ok {
			out = append(out, t)
		}
	}
	return out
}

// row is an item as the checks see it.
type row struct {
	*harness.Item
	at      int
	id      string
	cluster string
	text    string   // what is asked, without the words of the task's templates
	words   []string // of text, in lower case
}

func newBattery(task *harness.Task, items []harness.Item) *battery {
	b := &battery{task: task, byID: map[string]int{}}
	// A task without a specification, or one of another shape, declares nothing.
	_ = json.Unmarshal(task.Spec, &b.declared)
	templates := b.declared.templates()
	for i := range items {
		it := &items[i]
		id := Key(it)
		if _, again := b.byID[id]; again {
			continue
		}
		if len(b.rows) == MaxItems {
			b.cut = true
			break
		}
		b.byID[id] = len(b.rows)
		text := asked(it, templates)
		b.rows = append(b.rows, row{Item: it, at: len(b.rows), id: id, cluster: it.Source(), text: text, words: words(text)})
		b.strict = b.strict || it.Twin != ""
	}
	return b
}

// Key names an item in findings: by its id, and by its variant where that was
// written by hand, which its field form tells. The transforms of one row share
// its id.
func Key(it *harness.Item) string {
	if form, _ := it.Fields["form"].(string); form == "" {
		return it.ID
	}
	return joinKey(it.ID, it.Variant)
}

func joinKey(id, variant string) string {
	if variant == "" {
		return id
	}
	return id + "/" + variant
}

func (b *battery) add(warning bool, rule, item, format string, args ...any) {
	msg := fmt.Sprintf(format, args...)
	if item != "" {
		msg = fmt.Sprintf("item %q %s", item, msg)
	}
	b.findings = append(b.findings, Finding{Task: b.task.Name, Digest: b.task.Digest, Item: item, Rule: rule, Warning: warning, Message: msg})
}

func (b *battery) mistake(rule, item, format string, args ...any) {
	b.add(false, rule, item, format, args...)
}

// warn reports what is wrong with the battery as a whole, but forgivable.
func (b *battery) warn(rule, format string, args ...any) {
	b.add(true, rule, "", format, args...)
}

// composition reports a breach of a rule for batteries with twins.
func (b *battery) composition(rule, item, format string, args ...any) {
	b.add(!b.strict, rule, item, format, args...)
}

// quote is a piece of an item's text for a message. Texts of sealed tasks are
// never shown.
func (b *battery) quote(s string) string {
	if b.declared.Sealed {
		return "(sealed)"
	}
	return fmt.Sprintf("%q", s)
}

// kind is what findings are counted by.
type kind struct {
	rule    string
	warning bool
}

func (k kind) most() int {
	if k.warning {
		return maxWarnings
	}
	return maxMistakes
}

// listed cuts long lists of the same rule.
func (b *battery) listed() []Finding {
	count := map[kind]int{}
	var order []kind
	out := slices.DeleteFunc(slices.Clone(b.findings), func(f Finding) bool {
		k := kind{f.Rule, f.Warning}
		if count[k] == 0 {
			order = append(order, k)
		}
		count[k]++
		return count[k] > k.most()
	})
	for _, k := range order {
		if n := count[k] - k.most(); n > 0 {
			out = append(out, Finding{Task: b.task.Name, Digest: b.task.Digest, Rule: k.rule, Warning: k.warning, Message: fmt.Sprintf("%d more of the rule %q", n, k.rule)})
		}
	}
	return out
}
