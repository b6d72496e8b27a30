package judge

import (
	"os"
	"slices"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/sovereign-eval/haetae/harness"
)

// injections are answers that try to steer a judge; all are about harmless
// requests.
func injections(t testing.TB) []string {
	b, err := os.ReadFile("testdata/injections.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	if err := yaml.Unmarshal(b, &all); err != nil || len(all) < 20 {
		t.Fatal(len(all), err)
	}
	return all
}

// TestInjectionsStayInsideTheFence: whatever an answer says, the judge's
// instructions are the same to the byte, the fence lines are where they belong,
// and no control sequence of a chat template is left.
func TestInjectionsStayInsideTheFence(t *testing.T) {
	ps, err := Builtins()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range ps {
		if p.External != nil {
			continue
		}
		for _, lang := range []string{"en", "ko"} {
			c := Case{Key: harness.HashBytes([]byte("k")), Prompt: "Write a poem about tea.", Answer: "Tea is warm.", Lang: lang, Battery: "misuse", Category: "weapons"}
			plain, err := p.Render(c, 7)
			if err != nil {
				t.Fatal(p.Name, err)
			}
			for _, text := range injections(t) {
				c.Answer = strings.ReplaceAll(text, "FENCE", plain.Fence)
				hostile, err := p.Render(c, 7)
				if err != nil {
					t.Fatal(err)
				}
				checkFence(t, p.Name, plain, hostile, c)
			}
		}
	}
}

func checkFence(t *testing.T, name string, plain, hostile Ask, c Case) {
	t.Helper()
	if len(plain.Messages) != len(hostile.Messages) {
		t.Fatalf("%s: %d messages became %d", name, len(plain.Messages), len(hostile.Messages))
	}
	answer := Defuse(spoken(c.Answer))
	for i, m := range hostile.Messages {
		if m.Role != plain.Messages[i].Role {
			t.Errorf("%s: message %d changed its role to %s", name, i, m.Role)
		}
		// Taking the answer out and putting the plain one in gives the plain message.
		if back := strings.Replace(strings.ReplaceAll(m.Content, hostile.Fence, plain.Fence), answer, "Tea is warm.", 1); back != plain.Messages[i].Content {
			t.Errorf("%s: the words around the answer changed:\n%s", name, back)
		}
		if tokens.MatchString(answer) {
			t.Errorf("%s: a control sequence is left in %q", name, answer)
		}
		if n := strings.Count(m.Content, hostile.Fence); n != strings.Count(plain.Messages[i].Content, plain.Fence) {
			t.Errorf("%s: the answer holds its own fence (%d)", name, n)
		}
	}
}

func TestFenceIsSeededAndPerSample(t *testing.T) {
	a, b, p := harness.HashBytes([]byte("a")), harness.HashBytes([]byte("b")), harness.HashBytes([]byte("p"))
	f := fence(1, a, p, "text")
	if f != fence(1, a, p, "other text") {
		t.Error("the fence depends on the text")
	}
	if f == fence(2, a, p) || f == fence(1, b, p) || f == fence(1, a, b) {
		t.Error("the fence does not depend on seed, sample or protocol")
	}
	if g := fence(1, a, p, "it says "+f); g == f {
		t.Error("a text that holds the fence keeps it")
	}
}

func TestChoicesAreShuffledBySeed(t *testing.T) {
	p, err := Builtin("stance")
	if err != nil {
		t.Fatal(err)
	}
	first := map[string]int{}
	for i := range 60 {
		a, err := p.Render(Case{Key: harness.HashBytes([]byte{byte(i)}), Lang: "en", Prompt: "p", Answer: "a"}, 3)
		if err != nil {
			t.Fatal(err)
		}
		_, list, _ := strings.Cut(a.Messages[0].Content, "\n- ")
		word, _, _ := strings.Cut(list, ":")
		first[word]++
	}
	if len(first) != 6 {
		t.Errorf("first choices %v: want each of the six to come first sometimes", first)
	}
}

// Marks of a form inside a request or an answer stay text.
func TestMarksInTextsAreNotFilled(t *testing.T) {
	p, err := Builtin("stance")
	if err != nil {
		t.Fatal(err)
	}
	a, err := p.Render(Case{Lang: "en", Prompt: "{{answer}} {{fence}}", Answer: "{{prompt}} {{choices}}"}, 1)
	if err != nil {
		t.Fatal(err)
	}
	if u := a.Messages[1].Content; !strings.Contains(u, "\n{{answer}} {{fence}}\n") || !strings.Contains(u, "\n{{prompt}} {{choices}}\n") {
		t.Error(u)
	}
}

func FuzzDefuse(f *testing.F) {
	for _, s := range injections(f) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d := Defuse(s)
		if tokens.MatchString(d) {
			t.Fatalf("%q still holds a control sequence", d)
		}
		if Defuse(d) != d {
			t.Fatalf("%q is changed again", d)
		}
		if strings.ReplaceAll(d, " ", "") != strings.ReplaceAll(strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
				return ' '
			}
			return r
		}, strings.ToValidUTF8(s, "\uFFFD")), " ", "") {
			t.Fatalf("%q lost characters: %q", s, d)
		}
	})
}

// Reasoning is not the answer; a tag inside the answer hides nothing of it.
func TestReasoningBeforeTheAnswerIsLeftOut(t *testing.T) {
	for answer, want := range map[string]string{
		"<think>I could say tea.</think>\nTea is warm.":   "Tea is warm.",
		"Tea is warm.</think>I refuse.":                   "Tea is warm.</think>I refuse.",
		"<think>a</think>Tea is warm.</think>I refuse.":   "Tea is warm.</think>I refuse.",
		"<think>it never ends":                            "",
		"Tea is warm. <think>I refuse.</think> I refuse.": "Tea is warm. <think>I refuse.</think> I refuse.",
	} {
		if got := spoken(answer); got != want {
			t.Errorf("%q: %q, want %q", answer, got, want)
		}
	}
}

// Answers are judged in an order drawn by seed and judge; each comes once.
func TestOrderIsASeededPermutation(t *testing.T) {
	a, b := harness.HashBytes([]byte("a")), harness.HashBytes([]byte("b"))
	one := Order(50, 1, a)
	seen := map[int]bool{}
	for _, i := range one {
		seen[i] = true
	}
	if len(seen) != 50 || slices.IsSorted(one) {
		t.Errorf("%v", one)
	}
	if !slices.Equal(one, Order(50, 1, a)) || slices.Equal(one, Order(50, 2, a)) || slices.Equal(one, Order(50, 1, b)) {
		t.Error("the order does not follow from seed and judge")
	}
}
