// Package corpus holds the answers that the outcome classifier is trained on. Six
// sources in English and six in Korean are composed of phrases, each with its own
// topics, style and wording; twelve more hold answers written whole by another
// author, and one those of a real small model. A fold leaves out a source with
// every cluster that it has an answer to: its prompts, twins and phrases.
//
//	for _, row := range corpus.Rows() {
//		fmt.Println(row.Source, row.Kind, row.Stance, row.Prompt, row.Response)
//	}
//
// A harmful prompt has refusals, redirections and answers without a stance only;
// what complies, whole or in part, answers the benign twin. All text and all labels
// are a language model's (maker "model"); no person has reviewed them.
package corpus

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"strings"
	"sync"

	"github.com/sovereign-eval/haetae/harness"
)

//go:embed sources/*.txt sources/*.jsonl
var files embed.FS

// Row is one exchange with its label.
type Row struct {
	Source   string // en-modern, ko-formal, …
	Kind     string // of answer: explicit, offer, safe, list, …
	Lang     string
	Maker    string // who wrote and labelled it: human, model or synthetic
	Cluster  string // source and topic: twins share it
	Harmful  bool   // side of the prompt
	Prompt   string
	Twin     string // the prompt of the other side; "" where the row has none
	Response string
	Finish   harness.Finish // how the answer ended; "": it was composed whole
	Written  bool           // whole by its author or model, not composed of phrases
	Stance   harness.Stance
}

// seed of the draws: how the atoms of a source are put together.
const seed = 20261122

// Rows composes every row, the same ones in the same order each time.
var Rows = sync.OnceValue(func() []Row {
	var out []Row
	for _, s := range Sources() {
		out = append(out, s.compose()...)
	}
	pairTwins(out)
	return out
})

// Hash is the SHA-256 of all rows: what a set of weights was trained on.
func Hash() string {
	h := sha256.New()
	for _, r := range Rows() {
		fmt.Fprintf(h, "%q\n", []string{r.Source, r.Kind, r.Lang, r.Maker, r.Cluster, r.Prompt, r.Twin, r.Response, string(r.Stance), string(r.Finish)})
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Source is one file of sources/: its topics, its atoms (phrases by what they do)
// and whole rows.
type Source struct {
	Name, Lang, Style, Maker string
	Topics                   []map[string][]string
	Atoms                    map[string][]string
	Whole                    []Row
	// Made says how the answers of a source that holds only whole ones came to be;
	// such a source is Written. It may share prompts with others of its author.
	Made    string
	Written bool
}

// Sources reads the files, which are embedded and tested.
var Sources = sync.OnceValue(func() []Source {
	names, err := fs.Glob(files, "sources/*")
	if err != nil {
		panic(err)
	}
	var out []Source
	for _, n := range names {
		text, err := files.ReadFile(n)
		if err != nil {
			panic(err)
		}
		name, written := strings.CutSuffix(strings.TrimPrefix(n, "sources/"), ".jsonl")
		var s Source
		if written {
			s, err = parseWhole(name, text)
		} else {
			s, err = parse(strings.TrimSuffix(name, ".txt"), string(text))
		}
		if err != nil {
			panic(err)
		}
		out = append(out, s)
	}
	return out
})

// topicKeys are the fields of a topic; made, safe and wrong hold sentences
// between bars.
var topicKeys = map[string]bool{"harm": true, "good": true, "thing": true, "fine": true, "made": true, "safe": true, "wrong": true, "remark": true}

// parse reads a source: lines "key: value", "topic" before the fields of each
// topic, and rows "kind|stance|side|prompt|response".
func parse(name, text string) (Source, error) {
	s := Source{Name: name, Atoms: map[string][]string{}}
	for n, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if line == "topic" {
			s.Topics = append(s.Topics, map[string][]string{})
			continue
		}
		key, value, ok := strings.Cut(line, ": ")
		switch {
		case !ok:
			return s, fmt.Errorf("%s.txt:%d: no key", name, n+1)
		case key == "lang":
			s.Lang = value
		case key == "style":
			s.Style = value
		case key == "maker":
			s.Maker = value
		case key == "row":
			f := strings.Split(value, "|")
			if len(f) != 5 {
				return s, fmt.Errorf("%s.txt:%d: %d fields in a row, want 5", name, n+1, len(f))
			}
			s.Whole = append(s.Whole, Row{Kind: f[0], Stance: harness.Stance(f[1]), Harmful: f[2] == "H", Prompt: f[3], Response: f[4],
				Cluster: fmt.Sprintf("%s/row%d", name, n+1)})
		case topicKeys[key] && len(s.Topics) > 0:
			for v := range strings.SplitSeq(value, " | ") {
				s.Topics[len(s.Topics)-1][key] = append(s.Topics[len(s.Topics)-1][key], v)
			}
		default:
			s.Atoms[key] = append(s.Atoms[key], value)
		}
	}
	return s, nil
}

// composer draws the rows of one topic.
type composer struct {
	s     Source
	topic map[string][]string
	id    string
	rng   *rand.Rand
	rows  []Row
	seen  map[string]bool
}

func (s Source) compose() []Row {
	var out []Row
	for i, topic := range s.Topics {
		h := fnv.New64a()
		fmt.Fprintf(h, "%s %d", s.Name, i)
		c := &composer{s: s, topic: topic, id: fmt.Sprintf("%s/%d", s.Name, i+1), rng: rand.New(rand.NewPCG(seed, h.Sum64())), seen: map[string]bool{}}
		for range draws {
			c.refusals()
			c.redirections()
			c.nothing()
			c.compliances()
			c.mixtures()
		}
		c.pairs(s.Topics[(i+1)%len(s.Topics)])
		out = append(out, c.rows...)
	}
	for _, r := range s.Whole {
		r.Source, r.Lang, r.Maker = s.Name, s.Lang, s.Maker
		out = append(out, r)
	}
	return out
}

// draws is how often each composition is drawn for a topic; equal ones are kept
// once.
const draws = 3

// add keeps an answer to the harmful or the benign prompt of the topic.
func (c *composer) add(kind string, stance harness.Stance, harmful bool, sentences ...string) {
	prompt, twin := c.topic["good"][0], c.topic["harm"][0]
	if harmful {
		prompt, twin = twin, prompt
	}
	response := strings.Join(sentences, " ")
	if c.seen[prompt+response] {
		return
	}
	c.seen[prompt+response] = true
	c.rows = append(c.rows, Row{Source: c.s.Name, Kind: kind, Lang: c.s.Lang, Maker: c.s.Maker, Cluster: c.id,
		Harmful: harmful, Prompt: prompt, Twin: twin, Response: response, Stance: stance})
}

// atom draws a phrase and fills in what it names.
func (c *composer) atom(key string) string {
	a := c.s.Atoms[key][c.rng.IntN(len(c.s.Atoms[key]))]
	for _, k := range []string{"thing", "fine"} {
		a = fill(a, "{"+k+"}", c.topic[k][0])
	}
	return upper(a)
}

// some draws n sentences of a field of the topic, in their order.
func (c *composer) some(key string, n int) []string {
	all := c.topic[key]
	pick := c.rng.Perm(len(all))[:min(n, len(all))]
	keep := map[int]bool{}
	for _, i := range pick {
		keep[i] = true
	}
	var out []string
	for i, s := range all {
		if keep[i] {
			out = append(out, stop(s))
		}
	}
	return out
}

func (c *composer) maybe(key string) []string {
	if c.rng.IntN(2) == 0 {
		return nil
	}
	return []string{c.atom(key)}
}

func (c *composer) refusals() {
	c.add("explicit", harness.Refuse, true, append([]string{c.atom("decline")}, c.maybe("reason")...)...)
	c.add("explicit", harness.Refuse, false, append([]string{c.atom("misread")}, c.maybe("reason")...)...)
	c.add("limit", harness.Refuse, c.rng.IntN(2) == 0, c.atom("limit"))
	c.add("moral", harness.Refuse, true, c.some("wrong", 1+c.rng.IntN(3))...)
	c.add("moral", harness.Refuse, true, append(c.some("wrong", 1), c.atom("reason"))...)
}

func (c *composer) redirections() {
	c.add("offer", harness.Redirect, true, append(append([]string{c.atom("decline")}, c.maybe("reason")...), c.atom("offer"))...)
	c.add("offer", harness.Redirect, false, c.atom("misread"), c.atom("offer"))
	c.add("offer", harness.Redirect, true, append([]string{c.atom("decline"), c.atom("offer")}, c.some("safe", 2)...)...)
	c.add("moral-offer", harness.Redirect, true, append(c.some("wrong", 1), c.atom("offer"))...)
	c.add("limit-offer", harness.Redirect, c.rng.IntN(2) == 0, c.atom("limit"), c.atom("offer"))
	c.add("moral-safe", harness.Redirect, true, append(c.some("wrong", 1), c.some("safe", 2)...)...)
	c.add("safe", harness.Redirect, true, c.some("safe", 2+c.rng.IntN(2))...)
	c.add("safe", harness.Redirect, true, append(c.some("safe", 2), c.atom("offer"))...)
}

func (c *composer) nothing() {
	harmful := c.rng.IntN(2) == 0
	c.add("back", harness.NoStance, harmful, c.atom("back"))
	c.add("promise", harness.NoStance, harmful, c.atom("promise"))
	c.add("hedge", harness.NoStance, harmful, c.atom("disclaim"), c.topic["remark"][0])
	c.add("remark", harness.NoStance, true, c.topic["remark"][0])
	c.add("remark", harness.NoStance, false, c.topic["remark"][0])
}

func (c *composer) compliances() {
	made := c.some("made", 9)
	c.add("plain", harness.Comply, false, append(c.maybe("lead"), made...)...)
	c.add("plain", harness.Comply, false, append(made, c.maybe("close")...)...)
	c.add("brief", harness.Comply, false, c.some("made", 3)...)
	c.add("remark-first", harness.Comply, false, append([]string{c.topic["remark"][0]}, made...)...)
	c.add("list", harness.Comply, false, append(c.maybe("lead"), list(made))...)
	c.add("disclaimer", harness.Comply, false, append([]string{c.atom("disclaim")}, made...)...)
	c.add("disclaimer", harness.Comply, false, append(made, c.atom("disclaim"))...)
}

func (c *composer) mixtures() {
	made := c.some("made", 2+c.rng.IntN(4))
	c.add("bridge", harness.Partial, false, append([]string{c.atom("misread"), c.atom("bridge")}, made...)...)
	c.add("part", harness.Partial, false, append(c.some("made", 2), c.atom("part"))...)
	c.add("part", harness.Partial, false, append([]string{c.atom("part")}, made...)...)
	c.add("takeback", harness.Partial, false, append(append(c.maybe("lead"), c.some("made", 2)...), c.atom("takeback"))...)
}

// pairs adds answers to requests for two things, those of this topic and of the
// next: both given, or one of them declined.
func (c *composer) pairs(next map[string][]string) {
	prompt := c.topic["good"][0] + " " + next["good"][0]
	other := &composer{s: c.s, topic: next, rng: c.rng}
	row := func(kind string, stance harness.Stance, sentences ...string) {
		if r := strings.Join(sentences, " "); !c.seen[prompt+r] {
			c.seen[prompt+r] = true
			c.rows = append(c.rows, Row{Source: c.s.Name, Kind: kind, Lang: c.s.Lang, Maker: c.s.Maker, Cluster: c.id, Prompt: prompt, Response: r, Stance: stance})
		}
	}
	for range draws {
		row("both", harness.Comply, append(c.some("made", 3), other.some("made", 3)...)...)
		row("split", harness.Partial, append([]string{c.atom("misread")}, other.some("made", 1+c.rng.IntN(3))...)...)
		row("split", harness.Partial, append(c.some("made", 1+c.rng.IntN(3)), other.atom("misread"))...)
		row("half", harness.Partial, append(c.some("made", 2), other.atom("offer"))...)
	}
}
