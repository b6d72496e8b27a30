package spec

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/prompt"
)

var (
	langCode = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	goodName = regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{0,63}$`)
	sumForm  = regexp.MustCompile(`^(sha256:)?[0-9a-f]{64}$`)
)

// overrides are what a suite changes in a task.
type overrides struct {
	rows *int
	seed *int64
}

// build is one task being read.
type build struct {
	*decoder
	l    *Loader
	p    place
	file taskFile
	prog program
	src  *source
	task *harness.Task
}

// task reads the specification at p and checks its data.
func (l *Loader) task(p place, o overrides) (*harness.Task, error) {
	b, err := l.read(p, o)
	if err != nil {
		return nil, err
	}
	if err := b.locateData(); err != nil {
		return nil, err
	}
	if len(b.errs) > 0 {
		b.checkSum()
		return nil, b.sorted()
	}
	for _, step := range []func() error{b.constants, b.shots, b.survey} {
		if err := step(); err != nil {
			return nil, err
		}
		if len(b.errs) > 0 {
			return nil, b.sorted()
		}
	}
	return b.finish()
}

// read decodes and compiles the specification without looking at data. Its
// mistakes are in errs.
func (l *Loader) read(p place, o overrides) (*build, error) {
	text, err := readFile(p)
	if err != nil {
		return nil, err
	}
	b := &build{l: l, p: p}
	b.decoder = decodeFile(p.path(), text, &b.file)
	f := &b.file
	if g := f.Data.Generator; g != nil {
		if o.rows != nil {
			g.Rows = *o.rows
		}
		if o.seed != nil {
			g.Seed = *o.seed
		}
	}
	b.facts()
	b.compile()
	b.flags()
	b.task = &harness.Task{
		Name: f.Name, Title: f.Title, Version: f.Version, Kind: harness.Kind(f.Kind), Licence: f.Licence, Source: f.Source,
		Path: shownPath(p, f.Name), Params: f.Generate.core(), Scorers: b.prog.scorers, Notes: slices.Clone(f.Notes),
		Attacks: slices.Clone(f.Attacks),
	}
	b.metrics()
	return b, nil
}

// facts checks what a task says of itself.
func (b *build) facts() {
	f := &b.file
	if f.Name != "" && !goodName.MatchString(f.Name) {
		b.at("name", "name: %q is no name; use lower-case letters, digits, - and _", f.Name)
	}
	if dir := path.Base(b.p.dir); b.p.shipped && f.Name != "" && dir != f.Name {
		b.at("name", "name: a shipped task is called like its folder, %q", dir)
	}
	for key, v := range map[string]string{"licence": f.Licence, "source": f.Source, "version": f.Version} {
		if b.given(key) && v == "" {
			b.at(key, "%s: is empty", key)
		}
	}
	d := &f.Data
	if b.given("data") && (d.File == "") == (d.Generator == nil) {
		b.at("data", "data: give either file or generator")
	}
	for key, v := range map[string]string{"data.sha256": d.SHA256, "fewshot.sha256": fewshotSum(f.Fewshot), "constants.sha256": constantsSum(f.Constants)} {
		if v != "" && !sumForm.MatchString(v) {
			b.at(key, "%s: want 64 hexadecimal digits in lower case", key)
		}
	}
	if b.p.shipped && d.File != "" && d.SHA256 == "" {
		b.at("data", "data: a shipped task gives the sha256 of its file")
	}
	if b.p.shipped && f.Constants != nil && f.Constants.SHA256 == "" {
		b.at("constants", "constants: a shipped task gives the sha256 of its file")
	}
	b.ranges()
}

func fewshotSum(f *fewshotSpec) string {
	if f == nil {
		return ""
	}
	return f.SHA256
}

// ranges checks the generation parameters.
func (b *build) ranges() { checkParams(b.decoder, "generate", &b.file.Generate) }

func checkParams(d *decoder, at string, g *params) {
	positive := map[string]int{"max_tokens": g.MaxTokens, "num_ctx": g.NumCtx, "think_tokens": g.ThinkTokens}
	for _, key := range slices.Sorted(maps.Keys(positive)) {
		p := join(at, key)
		if d.given(p) && positive[key] <= 0 {
			d.at(p, "%s: want 1 or more", p)
		}
	}
	if g.Temperature != nil && *g.Temperature < 0 {
		d.at(join(at, "temperature"), "%s: want 0 or more", join(at, "temperature"))
	}
	for key, v := range map[string]*float64{"top_p": g.TopP, "min_p": g.MinP, "typical_p": g.TypicalP} {
		if v != nil && (*v < 0 || *v > 1) {
			d.at(join(at, key), "%s: want a number from 0 to 1", join(at, key))
		}
	}
}

// core are the parameters in the words of the core.
func (p params) core() harness.Params {
	return harness.Params{
		MaxTokens: p.MaxTokens, NumCtx: p.NumCtx, Temperature: p.Temperature, TopK: p.TopK, TopP: p.TopP, MinP: p.MinP,
		TypicalP: p.TypicalP, RepeatPenalty: p.RepeatPenalty, RepeatLastN: p.RepeatLastN, Presence: p.Presence,
		Frequency: p.Frequency, Stop: p.Stop, Think: p.Think, ThinkTokens: p.ThinkTokens, Sampling: sampling(p.Sampling),
	}
}

// sampling is the empty word for the default.
func sampling(s string) string {
	if s == harness.OwnSampling {
		return s
	}
	return ""
}

// compile compiles every template and builds the scorers.
func (b *build) compile() {
	f := &b.file
	p := &b.prog
	p.kind = harness.Kind(f.Kind)
	p.columns = b.columns("columns", f.Columns)
	p.keep = f.Select
	for i, v := range f.Variants {
		p.variants = append(p.variants, variantProgram{v.Name, b.columns(fmt.Sprintf("variants.%d.columns", i), v.Columns)})
		for _, w := range f.Variants[:i] {
			if w.Name == v.Name {
				b.at(fmt.Sprintf("variants.%d", i), "variants: two are called %q", v.Name)
			}
		}
	}
	if f.Exclude != nil {
		p.exclude = map[string]bool{}
		for _, id := range f.Exclude.IDs {
			p.exclude[id] = true
		}
	}
	p.item = map[string]*prompt.Template{}
	for key, src := range map[string]template{"id": f.Item.ID, "cluster": f.Item.Cluster, "lang": f.Item.Lang, "side": f.Item.Side,
		"category": f.Item.Category, "twin": f.Item.Twin, "variant": f.Item.Variant} {
		if src != "" {
			p.item[key] = b.template("item."+key, string(src))
		}
	}
	if b.given("item") && f.Kind == string(harness.Safety) && f.Item.Side == "" {
		b.at("item", "item: a safety task says of each item which side it is on: side: \"{{side}}\" (harmful or benign)")
	}
	b.chat()
	b.choices()
	b.scorers()
}

func (b *build) columns(at string, list columns) []computed {
	var out []computed
	for _, c := range list {
		out = append(out, b.computed(c.Name, join(at, c.Name), c.From))
	}
	return out
}

func (b *build) computed(name, at string, from templates) computed {
	c := computed{name: name, path: at}
	if from.Many == nil {
		c.one = b.template(at, from.One)
		return c
	}
	c.many = []*prompt.Template{}
	for i, src := range from.Many {
		c.many = append(c.many, b.template(join(at, strconv.Itoa(i)), src))
	}
	return c
}

// template compiles src. A mistake is reported, and stands as an empty template.
func (b *build) template(at, src string) *prompt.Template {
	t, err := prompt.Compile(src)
	if err != nil {
		b.at(at, "%s: %v", at, err)
		return prompt.MustCompile("")
	}
	b.prog.number = b.prog.number || has(t.Fields(), rowField)
	return t
}

func (b *build) turns(at string, specs []turnSpec) []prompt.Turn {
	var out []prompt.Turn
	for i, t := range specs {
		if t.Role != "" {
			out = append(out, prompt.Turn{Role: t.Role, Text: b.template(join(at, strconv.Itoa(i)), t.Text)})
		}
	}
	return out
}

func (b *build) chat() {
	turns := b.turns("prompt", b.file.Prompt)
	c, err := prompt.NewChat(turns)
	if err != nil && len(turns) == len(b.file.Prompt) {
		if b.given("prompt") {
			b.at("prompt", "prompt: %v", err)
		}
	}
	b.prog.chat = c
}

func (b *build) choices() {
	c := b.file.Choices
	if c == nil {
		return
	}
	for _, x := range []struct {
		dst   *string
		value string
	}{{&c.AnswerIs, "text"}, {&c.Labels, "A"}, {&c.Order, "fixed"}} {
		if *x.dst == "" {
			*x.dst = x.value
		}
	}
	p := &choiceProgram{
		from: b.computed("choices", "choices.from", c.From), answer: b.template("choices.answer", string(c.Answer)),
		answerIs: c.AnswerIs, labels: prompt.Alphabets[c.Labels], order: c.Order,
	}
	for _, field := range slices.Sorted(maps.Keys(c.Mark)) {
		at := join("choices.mark", field)
		p.marks = append(p.marks, mark{field, at, b.template(at, c.Mark[field])})
	}
	b.prog.choices = p
}

// finish makes the task after its data was surveyed.
func (b *build) finish() (*harness.Task, error) {
	spec, err := json.Marshal(&b.file)
	if err != nil {
		return nil, fmt.Errorf("read task %s: %w", b.file.Name, err)
	}
	t := b.task
	t.Spec = spec
	if t.Digest, err = harness.HashJSON(struct {
		Spec json.RawMessage `json:"spec"`
		Data harness.Hash    `json:"data"`
	}{spec, t.DataDigest}); err != nil {
		return nil, err
	}
	src, prog, sealed := b.src, b.prog, b.file.Sealed
	t.Items = func(ctx context.Context, seed int64) iter.Seq2[harness.Item, error] {
		return stream(ctx, src, &prog, seed, sealed)
	}
	return t, nil
}

// stream yields the items of a source that was surveyed.
func stream(ctx context.Context, src *source, prog *program, seed int64, sealed bool) iter.Seq2[harness.Item, error] {
	return func(yield func(harness.Item, error) bool) {
		for at, err := range src.rows(ctx, nil) {
			if err != nil {
				yield(harness.Item{}, fmt.Errorf("%s:%d: %w", src.label, at.line, err))
				return
			}
			items, err := prog.items(at.row, at.n, seed)
			if err != nil {
				if sealed {
					err = errors.New("the row cannot be rendered (the task is sealed)")
				}
				yield(harness.Item{}, fmt.Errorf("%s:%d: %w", src.label, at.line, err))
				return
			}
			for _, it := range items {
				if !yield(it, nil) {
					return
				}
			}
		}
	}
}
