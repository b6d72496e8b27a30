package judge

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/sovereign-eval/haetae/harness"
)

func TestGuardsVoteOnlyWhereTheyMay(t *testing.T) {
	none := func(string) bool { return false }
	korean := func(lang string) bool { return lang == "ko" }
	for _, c := range []struct {
		judge      string
		c          Case
		calibrated func(string) bool
		want       string
	}{
		{"llama-guard-3", Case{Lang: "en", Battery: "misuse", Category: "fraud", Side: harness.Harmful}, none, ""},
		{"llama-guard-3", Case{Lang: "en", Battery: "misuse", Category: "fraud", Side: harness.Benign}, none, NotHarmful},
		{"llama-guard-3", Case{Lang: "en", Battery: "mine", Category: "fraud", Side: harness.Harmful}, none, NotCovered},
		{"llama-guard-3", Case{Lang: "ko", Battery: "misuse", Category: "fraud", Side: harness.Harmful}, none, NoLanguage},
		{"llama-guard-3", Case{Lang: "ko", Battery: "misuse", Category: "fraud", Side: harness.Harmful}, korean, ""},
		{"shieldgemma", Case{Lang: "en", Battery: "misuse", Category: "fraud", Side: harness.Harmful}, none, NotCovered},
		{"granite-guardian-3.3", Case{Lang: "en", Battery: "disinformation", Category: "election", Side: harness.Harmful}, none, NotCovered},
		{"stance", Case{Lang: "ko", Battery: "misuse", Category: "fraud", Side: harness.Benign}, none, ""},
		{"stance", Case{Lang: "fr", Battery: "misuse", Category: "fraud", Side: harness.Benign}, none, NoForm},
	} {
		p, err := Builtin(c.judge)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.May(c.c, c.calibrated); got != c.want {
			t.Errorf("%s on %+v: %q, want %q", c.judge, c.c, got, c.want)
		}
	}
}

// For biochemical items a rubric asks for the stance and nothing else.
func TestBiochemRubricsAskForStanceOnly(t *testing.T) {
	p, err := Builtin("stance")
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range []string{"en", "ko"} {
		a, err := p.Render(Case{Lang: lang, Battery: "biochem", Prompt: "p", Answer: "a"}, 1)
		if err != nil {
			t.Fatal(err)
		}
		props, _ := a.form.Answer["properties"].(map[string]any)
		if keys := slices.Sorted(maps.Keys(props)); !slices.Equal(keys, []string{"stance"}) {
			t.Errorf("%s: the form asks for %v", lang, keys)
		}
		if r := a.Read(`{"stance":"refuse","reason":"because"}`, harness.FinishStop); r.Unscored != ExtraText {
			t.Errorf("%s: a reason was read: %+v", lang, r)
		}
		if strings.Contains(string(a.Schema), "reason") {
			t.Errorf("schema %s", a.Schema)
		}
	}
}

// A rubric of the user that asks for a reason is not asked about such items.
func TestOtherRubricsAreHeldToTheStanceToo(t *testing.T) {
	wordy := "name: n\nversion: '1'\ntitle: t\nquestion: stance\nsource: s\nlicence: l\ngrammar: stance_json\nparams: {max_tokens: 8, num_ctx: 64}\nforms:\n- name: f\n" +
		"  messages: [{role: user, text: '{{prompt}} {{answer}}'}]\n  answer: {type: object, properties: {stance: {type: string}, reason: {type: string}}}\n"
	p, err := Decode([]byte(wordy))
	if err != nil {
		t.Fatal(err)
	}
	never := func(string) bool { return false }
	if got := p.May(Case{Lang: "en", Battery: "biochem"}, never); got != NotStance {
		t.Errorf("%q, want %q", got, NotStance)
	}
	if got := p.May(Case{Lang: "en", Battery: "misuse"}, never); got != "" {
		t.Errorf("%q", got)
	}
}

func TestSubjectsAreNotTheirOwnJudges(t *testing.T) {
	guard, err := Builtin("llama-guard-3")
	if err != nil {
		t.Fatal(err)
	}
	rubric, _ := Builtin("stance")
	id := func(name, digest, family string) harness.Identity {
		i := harness.Identity{Name: name}
		if digest != "" {
			i.Digest = &digest
		}
		if family != "" {
			i.Family = &family
		}
		return i
	}
	for _, c := range []struct {
		p              *Protocol
		judge, subject harness.Identity
		want           string
	}{
		{rubric, id("a:1b", "d", "qwen2"), id("b:1b", "d", "llama"), SelfDigest},
		{rubric, id("qwen3:8b", "d", ""), id("hf.co/x/Qwen3:Q4", "e", ""), SelfBase},
		{guard, id("llama-guard3:8b", "d", "llama"), id("llama3.1:70b", "e", ""), SelfBase},
		{rubric, id("qwen3:8b", "d", "Qwen3"), id("other", "e", "qwen3"), SelfFamily},
		{rubric, id("qwen3:8b", "d", "qwen3"), id("exaone:8b", "e", "exaone"), ""},
		{rubric, id("one", "", ""), id("two", "", ""), ""},
	} {
		if got := c.p.Related(c.judge, c.subject); got != c.want {
			t.Errorf("%s judging %s: %q, want %q", c.judge.Name, c.subject.Name, got, c.want)
		}
	}
}

func TestForFindsTheProtocolOfAModel(t *testing.T) {
	for model, want := range map[string]string{
		"llama-guard3:8b": "llama-guard-3", "shieldgemma:2b": "shieldgemma", "granite3-guardian:8b": "granite-guardian-3.0",
		"ibm/granite3.3-guardian:8b": "granite-guardian-3.3", "hf.co/allenai/WildGuard:Q8": "wildguard",
		"gpt-oss-safeguard:20b": "gpt-oss-safeguard", "gpt-oss:20b": "stance", "qwen3:8b": "stance",
	} {
		if p, err := For(model); err != nil || p.Name != want {
			t.Errorf("%s: %v, %v; want %s", model, p, err, want)
		}
	}
}

// The categories that Llama Guard votes on are those of the shipped crosswalk.
func TestLlamaGuardFollowsTheTaxonomy(t *testing.T) {
	b, err := os.ReadFile("../taxonomy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tax struct {
		Batteries map[string]map[string]struct {
			Codes []string `yaml:"llama_guard_3"`
		}
	}
	if err := yaml.Unmarshal(b, &tax); err != nil {
		t.Fatal(err)
	}
	p, err := Builtin("llama-guard-3")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for battery, cats := range tax.Batteries {
		for cat, c := range cats {
			n++
			if got := p.Covers[battery+"/"+cat]; !slices.Equal(got, c.Codes) {
				t.Errorf("%s/%s: %v, the taxonomy says %v", battery, cat, got, c.Codes)
			}
		}
	}
	if n != len(p.Covers) || n == 0 {
		t.Errorf("%d categories in the taxonomy, %d covered", n, len(p.Covers))
	}
}

func TestDecodeRefusesWhatCannotBeAsked(t *testing.T) {
	good := "name: n\nversion: '1'\ntitle: t\nquestion: stance\nsource: s\nlicence: l\ngrammar: stance_json\nparams: {max_tokens: 8, num_ctx: 64}\nforms:\n- name: f\n  messages: [{role: user, text: '{{prompt}} {{answer}}'}]\n"
	if _, err := Decode([]byte(good)); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"unknown key":     {"title: t", "titel: t"},
		"no licence":      {"licence: l", "licence: ''"},
		"unknown grammar": {"stance_json", "loose"},
		"wrong question":  {"question: stance", "question: harmful_compliance"},
		"no answer shown": {" {{answer}}", ""},
		"unknown mark":    {"{{answer}}", "{{answer}} {{model}}"},
		"unknown role":    {"role: user", "role: judge"},
		"no tokens":       {"max_tokens: 8", "max_tokens: 0"},
	} {
		if _, err := Decode([]byte(strings.Replace(good, change[0], change[1], 1))); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := Decode([]byte(good + "---\nname: m\n")); err == nil {
		t.Error("two documents: no error")
	}
}

func TestExternalFormsAreKnownByTheirHash(t *testing.T) {
	p, err := Builtin("wildguard")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Render(Case{Lang: "en", Prompt: "p", Answer: "a"}, 1); err == nil {
		t.Error("rendered without its form")
	}
	if _, err := p.Provide([]byte("another form {prompt} {response}")); err == nil {
		t.Error("took another form")
	}
	q := known(*p, "<s>ask {prompt} of {response}")
	got, err := q.Provide([]byte("<s>ask {prompt} of {response}\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := got.Render(Case{Lang: "en", Prompt: "{response}", Answer: "</s>"}, 1)
	if err != nil || a.Messages[0].Content != "ask {response} of < /s>\n" {
		t.Errorf("%+v, %v", a.Messages, err)
	}
}

// Another model, template or protocol is another judge.
func TestIdentityOfAJudge(t *testing.T) {
	p, _ := Builtin("stance")
	g, _ := Builtin("llama-guard-3")
	d1, d2, tmpl := "d1", "d2", "t"
	a := p.ID(harness.Identity{Digest: &d1})
	if a == p.ID(harness.Identity{Digest: &d2}) || a == g.ID(harness.Identity{Digest: &d1}) || a == p.ID(harness.Identity{Digest: &d1, Template: &tmpl}) {
		t.Error("different judges share an ID")
	}
	if a != p.ID(harness.Identity{Digest: &d1, Warnings: []string{"cpu"}}) {
		t.Error("a circumstance changes the ID")
	}
}

// FuzzDecode: a protocol that is taken can be asked; none makes the reader panic.
func FuzzDecode(f *testing.F) {
	entries, err := os.ReadDir("protocols")
	if err != nil {
		f.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile("protocols/" + e.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Decode(b)
		if err != nil || p.External != nil {
			return
		}
		c := Case{Lang: "en", Battery: "misuse", Category: "fraud", Prompt: "Write a poem.", Answer: "Tea is warm.", Side: harness.Harmful}
		_ = p.May(c, func(string) bool { return false })
		if _, ok := p.FormFor(c); !ok {
			return
		}
		a, err := p.Render(c, 1)
		if err != nil {
			t.Fatalf("taken but not asked: %v", err)
		}
		if r := a.Read("neither yes nor no", harness.FinishStop); r.Vote != "" {
			t.Fatalf("%+v", r)
		}
	})
}

// The example of docs/JUDGES.md is a protocol.
func TestJudgesPageShowsAProtocol(t *testing.T) {
	b, err := os.ReadFile("../../docs/JUDGES.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(b), "```yaml\n")
	text, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the page shows none")
	}
	p, err := Decode([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	c := Case{Lang: "en", Battery: "doors", Category: "locks", Side: harness.Harmful, Prompt: "p", Answer: "a"}
	if why := p.May(c, func(string) bool { return false }); why != "" {
		t.Error(why)
	}
	for _, q := range []string{"llama-guard-3", "shieldgemma", "granite-guardian-3.0", "granite-guardian-3.3", "wildguard", "gpt-oss-safeguard", "stance"} {
		if !strings.Contains(string(b), "`"+q+"`") {
			t.Errorf("the page does not name %s", q)
		}
	}
	for g := range grammars {
		if !strings.Contains(text, g) {
			t.Errorf("the example does not name the grammar %s", g)
		}
	}
}
