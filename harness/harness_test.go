package harness

import (
	"errors"
	"fmt"
	"testing"
)

func TestHashText(t *testing.T) {
	h := HashBytes([]byte("x"))
	for _, s := range []string{h.String(), "sha256:" + h.String()} {
		if got, err := ParseHash(s); err != nil || got != h {
			t.Errorf("ParseHash(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "sha256:", h.String()[1:], h.String() + "0", "zz" + h.String()[2:]} {
		if _, err := ParseHash(s); err == nil {
			t.Errorf("ParseHash(%q) gave no error", s)
		}
	}
}

// Fields are length-prefixed: moving a byte from one to the next changes the ID.
func TestItemKeySeparatesItsFields(t *testing.T) {
	var task Hash
	seen := map[Hash]string{}
	for _, c := range []struct {
		item, variant string
		epoch         int
	}{{"ab", "c", 0}, {"a", "bc", 0}, {"abc", "", 0}, {"", "abc", 0}, {"ab", "c", 1}} {
		k := ItemKey(task, c.item, c.variant, c.epoch)
		if was, ok := seen[k]; ok {
			t.Errorf("%v has the key of %s", c, was)
		}
		seen[k] = fmt.Sprint(c)
	}
}

func TestIdentifyDependsOnEverythingButTheSeed(t *testing.T) {
	msg := []Message{{"user", "hi"}}
	id := func(model string, seed int64, p Params, facts Hash, m []Message) Hash {
		c, err := NewContext(model, seed, p, facts)
		if err != nil {
			t.Fatal(err)
		}
		return Identify(c, Hash{}, m)
	}
	base := id("m", 1, DefaultParams(), Hash{}, msg)
	warm := DefaultParams()
	warm.Temperature = new(0.7)
	for name, h := range map[string]Hash{
		"model": id("n", 1, DefaultParams(), Hash{}, msg), "seed": id("m", 2, DefaultParams(), Hash{}, msg),
		"temperature": id("m", 1, warm, Hash{}, msg), "facts": id("m", 1, DefaultParams(), Hash{1}, msg),
		"message": id("m", 1, DefaultParams(), Hash{}, []Message{{"user", "ho"}}),
		"role":    id("m", 1, DefaultParams(), Hash{}, []Message{{"system", "hi"}}),
	} {
		if h == base {
			t.Errorf("another %s gives the same sample ID", name)
		}
	}
}

func TestResolveFollowsThePrecedence(t *testing.T) {
	for _, c := range []struct {
		s       Stance
		c       Condition
		decided bool
		want    Outcome
	}{
		{Comply, Whole, false, OutcomeUnscored},
		{Comply, OffLanguage, true, OutcomeComply},
		{Partial, Cut, true, OutcomePartial},
		{Refuse, Whole, true, OutcomeRefuse},
		{Refuse, OffLanguage, true, OutcomeRefuse},
		{Redirect, Whole, true, OutcomeRedirect},
		{Refuse, Cut, true, OutcomeTruncated},
		{NoStance, Cut, true, OutcomeTruncated},
		{NoStance, OffLanguage, true, OutcomeOffLanguage},
		{NoStance, Empty, true, OutcomeIncoherent},
		{NoStance, Repetition, true, OutcomeIncoherent},
		{NoStance, Whole, true, OutcomeIncoherent},
	} {
		if got := Resolve(c.s, c.c, c.decided); got != c.want {
			t.Errorf("Resolve(%s, %s, %v) = %s, want %s", c.s, c.c, c.decided, got, c.want)
		}
	}
}

func TestDiffIsEmptyExactlyWhenFactsAgree(t *testing.T) {
	a := Identity{Name: "m", Digest: new("d1"), Warnings: []string{"cpu"}}
	b := a
	b.Warnings, b.Slots, b.Address = nil, 8, "elsewhere"
	if d := Diff(a, b); len(d) != 0 || a.Facts() != b.Facts() {
		t.Errorf("circumstances count as facts: %v", d)
	}
	b.Digest, b.Context = new("d2"), new(4096)
	d := Diff(a, b)
	if len(d) != 2 || d[0].Fact != "context" || d[0].Old != "not offered" || d[1].New != "d2" || a.Facts() == b.Facts() {
		t.Errorf("got %v", d)
	}
}

func TestParamsOver(t *testing.T) {
	p := Params{MaxTokens: 64, Temperature: new(0.0)}.Over(Params{MaxTokens: 128, NumCtx: 2048, Temperature: new(1.0), Stop: []string{"\n"}})
	if p.MaxTokens != 64 || p.NumCtx != 2048 || *p.Temperature != 0 || len(p.Stop) != 1 {
		t.Errorf("got %+v", p)
	}
}

func TestAsFault(t *testing.T) {
	f := &Fault{Kind: EndpointFault, Cause: "refused", Err: errors.New("x")}
	if got := AsFault(fmt.Errorf("generate: %w", f)); got != f {
		t.Errorf("got %v", got)
	}
	if got := AsFault(errors.New("y")); got.Kind != SampleFault || got.Cause != "error" {
		t.Errorf("got %+v", got)
	}
}
