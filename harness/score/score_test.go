package score

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sovereign-eval/haetae/harness"
)

// build makes a scorer with changed options.
func build[T any](t testing.TB, kind string, change func(o *T)) harness.Scorer {
	t.Helper()
	f := Builtin()[kind]
	o := f.Options().(*T)
	if change != nil {
		change(o)
	}
	s, err := f.New(kind, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func item(answer string) harness.Item {
	return harness.Item{ID: "1", Fields: harness.Fields{"answer": answer, "other": "color", "choices": []any{"w", "x", "y", "z"}, "correct": "B"}}
}

type scoring struct {
	scorer harness.Scorer
	target string
	answer string
	value  float64
	found  string
	flags  []string
}

func TestScorers(t *testing.T) {
	none := []string{"no_answer"}
	pattern := build(t, "numeric", func(o *Numeric) { o.Pattern = `#### (-?[0-9.,]+)` })
	first := build(t, "numeric", func(o *Numeric) { o.Match = "first" })
	about := build(t, "numeric", func(o *Numeric) { o.Tolerance = 0.1 })
	share := build(t, "numeric", func(o *Numeric) { o.Relative = 0.01 })
	korean := build(t, "numeric", func(o *Numeric) { o.Korean = true })
	exact := build[Exact](t, "exact", nil)
	loose := build(t, "exact", func(o *Exact) {
		o.Normalise = []string{"lower", "punctuation", "spaces", "articles", "nfkc"}
		o.Targets = []string{"{{other}}"}
	})
	boxed := build(t, "exact", func(o *Exact) { o.Pattern = `\[(.*?)\]` })
	inc := build[Includes](t, "includes", nil)
	all := build(t, "includes", func(o *Includes) { o.Targets, o.All = []string{"{{other}}"}, true })
	re := build(t, "regex", func(o *Regex) { o.Pattern = `colou?r`; o.IgnoreCase = true })
	group := build(t, "regex", func(o *Regex) { o.Pattern, o.Target = `is (\w+)`, "{{answer}}" })
	not := build(t, "regex", func(o *Regex) { o.Pattern, o.Negate = `sorry`, true })
	back := build(t, "regex", func(o *Regex) { o.Pattern, o.Target, o.Engine = `(?<=is )(\w+)`, "{{answer}}", "regexp2" })
	choice := build[Choice](t, "choice", nil)
	for i, c := range []scoring{
		{pattern, "44", "It is 12.\n#### 44", 1, "44", nil},
		{pattern, "1234.5", "#### 1,234.50.", 1, "1234.5", nil},
		{pattern, "44", "#### 43 then #### 44", 1, "44", nil},
		{pattern, "44", "It is 44.", 0, "", none},
		{pattern, "44", "", 0, "", none},
		{pattern, "-3", "#### -3", 1, "-3", nil},
		{pattern, "44", "#### .", 0, "", none},
		{first, "1", "1 and 2", 1, "1", nil},
		{about, "1", "1.1", 1, "1.1", nil},
		{about, "1", "1.11", 0, "1.11", nil},
		{share, "200", "202", 1, "202", nil},
		{share, "200", "203", 0, "203", nil},
		{korean, "32000", "정답은 3만 2천 원입니다.", 1, "32000", nil},
		{korean, "320", "삼백이십", 1, "320", nil},
		{exact, "서울", "  서울\n", 1, "  서울\n", nil},
		{exact, "서울", "서울", 1, "서울", nil},
		{exact, "Seoul", "seoul", 0, "seoul", nil},
		{exact, "Seoul", " \n", 0, "", none},
		{loose, "the Colour", "A  colour!", 1, "A  colour!", nil},
		{loose, "x", "COLOR", 1, "COLOR", nil},
		{boxed, "b", "[a] [b]", 1, "b", nil},
		{boxed, "b", "b", 0, "", none},
		{inc, "Seoul", "It is SEOUL, I think", 1, "seoul", nil},
		{inc, "Seoul", "It is Busan", 0, "", nil},
		{inc, "Seoul", "", 0, "", none},
		{all, "red", "red color", 1, "color", nil},
		{all, "red", "red", 0, "red", nil},
		{re, "", "the COLOUR", 1, "COLOUR", nil},
		{re, "", "none", 0, "", none},
		{group, "red", "it is blue, no, it is red", 1, "red", nil},
		{group, "red", "it is blue", 0, "blue", nil},
		{not, "", "Here you are", 1, "", nil},
		{not, "", "I am sorry", 0, "sorry", nil},
		{back, "red", "it is red", 1, "red", nil},
		{choice, "", "The answer is B", 1, "B", nil},
		{choice, "", "답: x", 1, "B", nil},
		{choice, "", "C", 0, "C", nil},
		{choice, "", "hmm", 0, "", none},
		{choice, "", "<think>A? no</think>B", 1, "B", nil},
		{choice, "", "<think>B", 0, "", none},
	} {
		s, err := c.scorer.Score(t.Context(), item(c.target), harness.Response{Text: c.answer})
		if err != nil || s.Value != c.value || s.Answer != c.found || !slices.Equal(s.Flags, c.flags) || s.Unscored || s.Scorer != c.scorer.Name() {
			t.Errorf("%d: %s of %q to %q: %+v, %v", i, c.scorer.Name(), c.answer, c.target, s, err)
		}
	}
}

func TestCutAnswersAreScoredAsTheyStand(t *testing.T) {
	s := build[Numeric](t, "numeric", nil)
	for finish, flag := range map[harness.Finish]string{harness.FinishLength: "cut", harness.FinishSize: "cut", harness.FinishRepeat: "repeat"} {
		got, err := s.Score(t.Context(), item("7"), harness.Response{Text: "It is 7 and", Finish: finish})
		if err != nil || got.Value != 1 || !slices.Equal(got.Flags, []string{flag}) {
			t.Errorf("%s: %+v, %v", finish, got, err)
		}
		got, err = s.Score(t.Context(), item("7"), harness.Response{Text: "It is", Finish: finish})
		if err != nil || got.Value != 0 || got.Unscored || !slices.Equal(got.Flags, []string{flag, "no_answer"}) {
			t.Errorf("%s: %+v, %v", finish, got, err)
		}
	}
}

func TestHostileAnswers(t *testing.T) {
	long := strings.Repeat("9", 1<<18)
	scorers := []harness.Scorer{
		build[Numeric](t, "numeric", func(o *Numeric) { o.Korean = true }), build[Choice](t, "choice", nil), build[Exact](t, "exact", nil),
		build[Includes](t, "includes", nil), build(t, "regex", func(o *Regex) { o.Pattern = `(.*)` }),
	}
	for _, text := range []string{long, "\xff\xfe\x00", "\x1b[2J\x1b]0;x\x07", strings.Repeat("만", 1<<15), strings.Repeat("A ", 1<<15), strings.Repeat("답", 1<<15), strings.Repeat("정답: ", 1<<13), strings.Repeat("(", 1<<16), "\u202e1"} {
		for _, s := range scorers {
			got, err := s.Score(t.Context(), item("1"), harness.Response{Text: text})
			if err != nil || len(got.Answer) > clipBytes+10 || !utf8.ValidString(got.Answer) {
				t.Errorf("%s of %.10q: %d bytes of answer, %v", s.Name(), text, len(got.Answer), err)
			}
		}
	}
}

func TestBacktrackingIsBounded(t *testing.T) {
	s := build(t, "regex", func(o *Regex) { o.Pattern, o.Engine = `(x+x+)+y`, "regexp2" })
	_, err := s.Score(t.Context(), item(""), harness.Response{Text: strings.Repeat("x", 64) + "zy"})
	if err == nil || err.Error() != "score regex: match pattern: took longer than 200ms" {
		t.Errorf("%v, want an error of the time limit", err)
	}
}

func TestBadOptions(t *testing.T) {
	all := Builtin()
	for want, make := range map[string]func() (harness.Scorer, error){
		"pattern: pattern has 2 groups, at most one is allowed: write (?:…)": func() (harness.Scorer, error) {
			return all["numeric"].New("n", &Numeric{Pattern: "(a)(b)"})
		},
		"tolerance: -1 is no tolerance: want 0 or more": func() (harness.Scorer, error) { return all["numeric"].New("n", &Numeric{Tolerance: -1}) },
		"target: {{x}}: expected a name":                func() (harness.Scorer, error) { return all["exact"].New("n", &Exact{Target: "{{"}) },
		"normalise: unknown step \"x\"; steps are trim, nfc, nfkc, lower, spaces, no_spaces, punctuation, articles": func() (harness.Scorer, error) {
			return all["exact"].New("n", &Exact{Normalise: []string{"x"}})
		},
		"negate: goes without target":       func() (harness.Scorer, error) { return all["regex"].New("n", &Regex{Negate: true, Target: "x"}) },
		"count: 1 choices: want 2 to 26":    func() (harness.Scorer, error) { return all["choice"].New("n", &Choice{Count: 1}) },
		"scorer n: options are a int, want": func() (harness.Scorer, error) { return all["choice"].New("n", 1) },
		"classes: only one class can be any other choice": func() (harness.Scorer, error) {
			return all["choice"].New("n", &Choice{Classes: map[string]string{"a": "*", "b": "*"}})
		},
	} {
		_, err := make()
		if err == nil || !strings.HasPrefix(strings.ReplaceAll(err.Error(), "{{}}", "{{x}}"), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestCheck(t *testing.T) {
	for i, c := range []struct {
		scorer harness.Scorer
		it     harness.Item
		want   string
	}{
		{build[Numeric](t, "numeric", nil), item("seven"), `target: "seven" is not a number`},
		{build[Numeric](t, "numeric", nil), item("$7"), ""},
		{build[Exact](t, "exact", nil), item(" "), `target: " " is empty after normalisation`},
		{build[Includes](t, "includes", nil), item(""), "target: is empty: every answer would hold it"},
		{build(t, "choice", func(o *Choice) { o.Target = "{{answer}}" }), item("E"), `target: "E" is none of the labels A, B, C, D`},
		{build(t, "choice", func(o *Choice) { o.Target = "{{answer}}"; o.Labels = "1" }), item("4"), ""},
		{build[Choice](t, "choice", nil), harness.Item{Fields: harness.Fields{"correct": "A"}}, "count: the item has 0 choices; give choices in the task, or count here"},
		{build(t, "choice", func(o *Choice) { o.Count = 5 }), harness.Item{Fields: harness.Fields{"correct": "E"}}, ""},
	} {
		err := c.scorer.(Checker).Check(c.it)
		if fmt.Sprint(err) != c.want && !(err == nil && c.want == "") {
			t.Errorf("%d: %v, want %s", i, err, c.want)
		}
		if _, ok := errors.AsType[*OptionError](err); err != nil && !ok {
			t.Errorf("%d: %T names no option", i, err)
		}
	}
}

// Every answer gets a score from every scorer, the same one each time.
func FuzzScorers(f *testing.F) {
	for _, s := range []string{"#### 44", "정답: B", "B입니다", "3만 2천 원", "The answer is A or B", "\xff", "-1,234.5e9", "답은 3번", "스물다섯"} {
		f.Add(s)
	}
	scorers := []harness.Scorer{
		build[Numeric](f, "numeric", func(o *Numeric) { o.Korean = true }), build(f, "numeric", func(o *Numeric) { o.Pattern = `#### (-?[0-9.,]+)` }),
		build[Choice](f, "choice", nil), build[Exact](f, "exact", nil), build[Includes](f, "includes", nil),
		build(f, "regex", func(o *Regex) { o.Pattern = `(\w+)`; o.Target = "{{answer}}" }),
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range scorers {
			a, err := s.Score(t.Context(), item("44"), harness.Response{Text: text})
			if err != nil || a.Value < 0 || a.Value > 1 || a.Unscored || !utf8.ValidString(a.Answer) {
				t.Errorf("%s of %q: %+v, %v", s.Name(), text, a, err)
			}
			b, _ := s.Score(t.Context(), item("44"), harness.Response{Text: text})
			if a.Value != b.Value || a.Answer != b.Answer {
				t.Errorf("%s of %q: %+v, then %+v", s.Name(), text, a, b)
			}
		}
	})
}

func ExampleFactory() {
	factory := Builtin()["numeric"]
	options := factory.Options().(*Numeric)
	options.Pattern = "#### (-?[0-9.,]+)"
	scorer, err := factory.New("numeric", options)
	if err != nil {
		fmt.Println(err)
		return
	}
	it := harness.Item{Fields: harness.Fields{"answer": "44"}}
	s, err := scorer.Score(context.Background(), it, harness.Response{Text: "The sum is\n#### 44"})
	fmt.Println(s.Value, s.Answer, err)
	// Output: 1 44 <nil>
}

func BenchmarkNumeric(b *testing.B) {
	s := build(b, "numeric", func(o *Numeric) { o.Pattern = `#### (-?[0-9.,]+)` })
	it, r := item("42"), harness.Response{Text: "The answer is 42.\n#### 42"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Score(b.Context(), it, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChoice(b *testing.B) {
	s := build[Choice](b, "choice", nil)
	it, r := item("42"), harness.Response{Text: "Let us see. The second one fits best, so the answer is B."}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Score(b.Context(), it, r); err != nil {
			b.Fatal(err)
		}
	}
}
