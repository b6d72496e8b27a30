package spec

import (
	"encoding/json"
	"reflect"
	"strconv"

	"gopkg.in/yaml.v3"
)

// taskFile is task.yaml. Its tags are the only definition of the format: the
// decoder, the JSON Schema and the resolved specification follow them.
type taskFile struct {
	Name        string            `yaml:"name,required" json:"name" doc:"what the task is called, in lower case; results carry it"`
	Title       texts             `yaml:"title,required" json:"title" doc:"title for people, by language code"`
	Description texts             `yaml:"description" json:"description,omitempty" doc:"what is measured and how, by language code"`
	Version     string            `yaml:"version,required" json:"version" doc:"changes with every change of items, prompt or scoring"`
	Kind        string            `yaml:"kind,required" json:"kind" enum:"capability|safety" doc:"what the task measures"`
	Licence     string            `yaml:"licence,required" json:"licence" why:"say under which terms the items may be used (an SPDX name, such as CC-BY-4.0)" doc:"licence of the items, as an SPDX name"`
	Source      string            `yaml:"source,required" json:"source" why:"say where the items come from" doc:"where the items come from"`
	Authors     []string          `yaml:"authors" json:"authors,omitempty" doc:"who wrote the items"`
	Citation    string            `yaml:"citation" json:"citation,omitempty" doc:"the publication to cite"`
	Canary      string            `yaml:"canary" json:"canary,omitempty" doc:"text that marks the items in training data"`
	Notes       []string          `yaml:"notes" json:"notes,omitempty" doc:"facts that every report must state"`
	Sealed      bool              `yaml:"sealed" json:"sealed,omitempty" doc:"item texts never appear in logs, errors and public reports"`
	Data        dataSpec          `yaml:"data,required" json:"data" doc:"where the rows are"`
	Constants   *constantsSpec    `yaml:"constants" json:"constants,omitempty" doc:"fields that all rows share, from one row of another file, such as a prompt that may not be shipped"`
	Columns     columns           `yaml:"columns" json:"columns,omitempty" doc:"further fields, each a template or a list of templates, in order"`
	Select      map[string]values `yaml:"select" json:"select,omitempty" doc:"keep the rows in which each named field has one of these values"`
	Exclude     *excludeSpec      `yaml:"exclude" json:"exclude,omitempty" doc:"leave items out by id"`
	Choices     *choicesSpec      `yaml:"choices" json:"choices,omitempty" doc:"the choices of a multiple-choice question"`
	Attacks     []string          `yaml:"attacks" json:"attacks,omitempty" doc:"variants of the rows that are forms of attack, registers or dialects: asked only where a suite or --attack names them, and reported apart"`
	Variants    []variantSpec     `yaml:"variants" json:"variants,omitempty" doc:"forms in which each row is asked"`
	Item        itemSpec          `yaml:"item,required" json:"item" doc:"what the rows are, by templates"`
	Prompt      []turnSpec        `yaml:"prompt,required" json:"prompt" doc:"the messages, in order; the last is the user's"`
	Fewshot     *fewshotSpec      `yaml:"fewshot" json:"fewshot,omitempty" doc:"worked examples before the question"`
	Generate    params            `yaml:"generate" json:"generate" doc:"generation parameters"`
	Scorers     []scorerSpec      `yaml:"scorers,required" json:"scorers" doc:"what scores an answer; the first one is the main one"`
	Metrics     []metricSpec      `yaml:"metrics,required" json:"metrics" doc:"what is reported of the scores"`
}

type dataSpec struct {
	File      string         `yaml:"file" json:"file,omitempty" doc:"data file beside task.yaml, or in the folder given by --data"`
	Format    string         `yaml:"format" json:"format,omitempty" enum:"jsonl|json|csv|tsv" doc:"format, where the extension does not tell"`
	SHA256    string         `yaml:"sha256" json:"sha256,omitempty" doc:"SHA-256 of the file; required in tasks that are shipped"`
	Obtain    string         `yaml:"obtain" json:"obtain,omitempty" doc:"where to get the file, for people, when it is not shipped"`
	Generator *generatorSpec `yaml:"generator" json:"generator,omitempty" doc:"rows made by a seeded generator instead of a file"`
}

type constantsSpec struct {
	File    string            `yaml:"file,required" json:"file" doc:"data file beside task.yaml, or in the folder given by --data"`
	Format  string            `yaml:"format" json:"format,omitempty" enum:"jsonl|json|csv|tsv" doc:"format, where the extension does not tell"`
	SHA256  string            `yaml:"sha256" json:"sha256,omitempty" doc:"SHA-256 of the file; required in tasks that are shipped"`
	Obtain  string            `yaml:"obtain" json:"obtain,omitempty" doc:"where to get the file, for people, when it is not shipped"`
	Row     map[string]string `yaml:"row,required" json:"row" doc:"the one row to take: field and its value"`
	Columns columns           `yaml:"columns,required" json:"columns" doc:"the fields, each a template over that row"`
	Digest  string            `yaml:"-" json:"digest,omitempty"` // of the file that was found
}

type generatorSpec struct {
	Name    string         `yaml:"name,required" json:"name" doc:"a registered generator"`
	Rows    int            `yaml:"rows,required" json:"rows" doc:"how many rows"`
	Seed    int64          `yaml:"seed" json:"seed" doc:"another seed makes other rows"`
	Options map[string]any `yaml:"-" json:"options,omitempty"`
	Given   options        `yaml:"options" json:"-" doc:"options of the generator"`
	Version string         `yaml:"-" json:"version,omitempty"`
}

type excludeSpec struct {
	IDs    []string `yaml:"ids,required" json:"ids" doc:"ids of the items that are left out"`
	Reason string   `yaml:"reason,required" json:"reason" why:"reports name what is left out, and why" doc:"why; reports state it"`
}

type choicesSpec struct {
	From     templates         `yaml:"from,required" json:"from" doc:"the choices: a template whose value is a list, or a list of templates"`
	Answer   template          `yaml:"answer,required" json:"answer" doc:"template of the right choice; its label is the field correct"`
	AnswerIs string            `yaml:"answer_is" json:"answer_is" enum:"text|label|index|number" doc:"how answer and mark name a choice: its text (default), its label, its place from 0 (index) or from 1 (number)"`
	Labels   string            `yaml:"labels" json:"labels" enum:"A|a|1|①|가|ㄱ" doc:"first label of the alphabet, default A"`
	Order    string            `yaml:"order" json:"order" enum:"fixed|rotate|shuffle|cyclic" doc:"fixed (default); rotate and shuffle draw by the run's seed, rotate so that the right answer stands equally often in each place; cyclic asks every rotation as a variant of one cluster"`
	Mark     map[string]string `yaml:"mark" json:"mark,omitempty" doc:"further fields that hold the label of a choice: field name and template of the choice"`
}

type variantSpec struct {
	Name    string  `yaml:"name,required" json:"name" doc:"name of the variant"`
	Columns columns `yaml:"columns,required" json:"columns" doc:"fields that this variant sets"`
}

type itemSpec struct {
	ID       template `yaml:"id,required" json:"id" doc:"unique identifier"`
	Cluster  template `yaml:"cluster" json:"cluster,omitempty" doc:"rows that share a source have the same cluster"`
	Lang     template `yaml:"lang" json:"lang,omitempty" doc:"language of the prompt, such as ko"`
	Side     template `yaml:"side" json:"side,omitempty" doc:"harmful or benign; safety tasks only"`
	Category template `yaml:"category" json:"category,omitempty" doc:"hazard, subject or topic"`
	Twin     template `yaml:"twin" json:"twin,omitempty" doc:"id of the item on the other side"`
	Variant  template `yaml:"variant" json:"variant,omitempty" doc:"variant, where rows with the same id are variants of one item"`
}

type fewshotSpec struct {
	File     string     `yaml:"file,required" json:"file" doc:"data file with worked examples; without it the task is asked with none, and reports say so"`
	Format   string     `yaml:"format" json:"format,omitempty" enum:"jsonl|json|csv|tsv" doc:"format, where the extension does not tell"`
	SHA256   string     `yaml:"sha256" json:"sha256,omitempty" doc:"SHA-256 of the file"`
	K        int        `yaml:"k,required" json:"k" doc:"how many examples"`
	Seed     int64      `yaml:"seed" json:"seed" doc:"decides which rows; the same for all items"`
	Required bool       `yaml:"required" json:"required,omitempty" doc:"the task cannot be asked without the examples"`
	Messages []turnSpec `yaml:"messages,required" json:"messages" doc:"the messages of one example"`
	Columns  columns    `yaml:"columns" json:"columns,omitempty" doc:"further fields of the examples"`
	Digest   string     `yaml:"-" json:"digest,omitempty"` // of the file that was found
}

// params are harness.Params as a task or suite writes them.
type params struct {
	MaxTokens     int      `yaml:"max_tokens" json:"max_tokens,omitempty" doc:"most tokens of an answer"`
	NumCtx        int      `yaml:"num_ctx" json:"num_ctx,omitempty" doc:"context in tokens"`
	Temperature   *float64 `yaml:"temperature" json:"temperature,omitempty" doc:"0 is greedy"`
	TopK          *int     `yaml:"top_k" json:"top_k,omitempty"`
	TopP          *float64 `yaml:"top_p" json:"top_p,omitempty"`
	MinP          *float64 `yaml:"min_p" json:"min_p,omitempty"`
	TypicalP      *float64 `yaml:"typical_p" json:"typical_p,omitempty"`
	RepeatPenalty *float64 `yaml:"repeat_penalty" json:"repeat_penalty,omitempty"`
	RepeatLastN   *int     `yaml:"repeat_last_n" json:"repeat_last_n,omitempty"`
	Presence      *float64 `yaml:"presence_penalty" json:"presence_penalty,omitempty"`
	Frequency     *float64 `yaml:"frequency_penalty" json:"frequency_penalty,omitempty"`
	Stop          []string `yaml:"stop" json:"stop,omitempty" doc:"texts that end an answer"`
	Think         string   `yaml:"think" json:"think,omitempty" enum:"off|on|low|medium|high" doc:"reasoning before the answer, where the model has it"`
	ThinkTokens   int      `yaml:"think_tokens" json:"think_tokens,omitempty" doc:"tokens added for the reasoning"`
	Sampling      string   `yaml:"sampling" json:"sampling,omitempty" enum:"neutral|model" doc:"where samplers that are not given come from: neutral (default; greedy), or model: what the model declares for itself, over the task's own"`
}

// turnSpec is a message: its role and template as one key and value.
type turnSpec struct {
	Role string
	Text string
}

func (t *turnSpec) decodeNode(d *decoder, n *yaml.Node, path string) {
	d.single(n, path, "a message, such as - user: \"{{question}}\"", func(key, val *yaml.Node) {
		if !has(roles, key.Value) {
			d.add(key.Line, "unknown role %q%s", key.Value, didYouMean(key.Value, roles))
			return
		}
		t.Role = key.Value
		d.text(val, &t.Text, path)
	})
}

var roles = []string{"system", "user", "assistant"}

// MarshalJSON implements json.Marshaler.
func (t turnSpec) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{t.Role: t.Text})
}

// scorerSpec is the kind of a scorer and its options.
type scorerSpec struct {
	Kind    string
	Name    string // what the score is called; the kind, unless name is given
	node    *yaml.Node
	Options any // decoded by the factory's struct
}

func (s *scorerSpec) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		s.Kind, s.Name = n.Value, n.Value
		return
	}
	d.single(n, path, "a scorer, such as - exact: {target: \"{{answer}}\"}", func(key, val *yaml.Node) {
		s.Kind, s.Name = key.Value, key.Value
		if !isNull(val) {
			s.node = val
		}
	})
}

// MarshalJSON implements json.Marshaler.
func (s scorerSpec) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"kind": s.Kind, "name": s.Name, "options": given(s.Options)})
}

// given are the options that differ from the zero value, by name. A new option
// whose default is zero so leaves the digests of existing tasks as they were.
func given(options any) map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(options)
	if v.Kind() != reflect.Pointer {
		return out
	}
	for i := range v.Elem().NumField() {
		if f := fieldOf(v.Elem().Type().Field(i)); f.name != "" && !v.Elem().Field(i).IsZero() {
			out[f.name] = v.Elem().Field(i).Interface()
		}
	}
	return out
}

// metricSpec is a metric by name or with its details.
type metricSpec struct {
	Name          string            `yaml:"name,required" json:"name" doc:"a registered metric"`
	Scorer        string            `yaml:"scorer" json:"scorer,omitempty" doc:"the scorer it aggregates; the first, unless given"`
	Where         map[string]string `yaml:"where" json:"where,omitempty" doc:"only items whose field has this value"`
	LowerIsBetter *bool             `yaml:"lower_is_better" json:"lower_is_better,omitempty" doc:"a smaller value is better"`
	Graded        *bool             `yaml:"graded" json:"graded,omitempty" doc:"scores take more than the values 0 and 1"`
}

type metricFields metricSpec // without methods, for the decoder

func (m *metricSpec) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		m.Name = n.Value
		return
	}
	d.nested(n, (*metricFields)(m), path)
}

// texts is text by language code; a bare text counts as English.
type texts map[string]string

func (t *texts) decodeNode(d *decoder, n *yaml.Node, path string) {
	*t = texts{}
	if n.Kind == yaml.ScalarNode && !isNull(n) {
		(*t)["en"] = n.Value
		return
	}
	d.pairs(n, path, func(key, val *yaml.Node) {
		if !langCode.MatchString(key.Value) {
			d.add(key.Line, "%s: %q is no language code, such as en or ko", path, key.Value)
			return
		}
		var s string
		d.text(val, &s, join(path, key.Value))
		(*t)[key.Value] = s
	})
	if len(*t) == 0 && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		d.add(n.Line, "%s: no text given", path)
	}
}

// values is one value or several.
type values []string

func (v *values) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind != yaml.SequenceNode {
		*v = make(values, 1)
		d.text(n, &(*v)[0], path)
		return
	}
	*v = make(values, len(n.Content))
	for i, c := range n.Content {
		d.text(c, &(*v)[i], join(path, strconv.Itoa(i)))
	}
}

// template is the source of a template.
type template string

// templates is one template or a list of them.
type templates struct {
	One  string
	Many []string
}

func (t *templates) decodeNode(d *decoder, n *yaml.Node, path string) {
	if n.Kind == yaml.SequenceNode {
		d.nested(n, &t.Many, path)
		return
	}
	d.text(n, &t.One, path)
}

// MarshalJSON implements json.Marshaler.
func (t templates) MarshalJSON() ([]byte, error) {
	if t.Many != nil {
		return json.Marshal(t.Many)
	}
	return json.Marshal(t.One)
}

// columns are computed fields in the order of the file.
type columns []column

type column struct {
	Name string    `json:"name"`
	From templates `json:"from"`
}

func (c *columns) decodeNode(d *decoder, n *yaml.Node, path string) {
	d.pairs(n, path, func(key, val *yaml.Node) {
		col := column{Name: key.Value}
		p := join(path, key.Value)
		d.lines[p] = key.Line
		col.From.decodeNode(d, val, p)
		*c = append(*c, col)
	})
}

// options are free values, as a generator takes them.
type options map[string]any

func (o *options) decodeNode(d *decoder, n *yaml.Node, path string) {
	*o = options{}
	d.pairs(n, path, func(key, val *yaml.Node) {
		var v any
		if err := val.Decode(&v); err != nil {
			d.add(val.Line, "%s: %v", join(path, key.Value), err)
			return
		}
		(*o)[key.Value] = v
	})
}
