package lint

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals"
)

const canary = "test-canary:00000000-0000-4000-8000-000000000000"

var nouns = map[string][]string{
	"en": strings.Fields("apple bridge candle desert engine feather garden hammer island jacket kettle ladder meadow needle orchid pebble quilt ribbon saddle teapot umbrella violin window yoghurt"),
	"ko": strings.Fields("사과 다리 촛불 사막 기차 깃털 정원 망치 섬마을 외투 주전자 사다리 풀밭 바늘 난초 조약돌 이불 댕기 안장 찻잔 우산 거문고 창문 두부"),
}

// sound is a battery that keeps every rule. Its content is harmless on both
// sides: the sides are names here.
func sound() (*harness.Task, []harness.Item) {
	spec, _ := json.Marshal(map[string]any{"authors": []string{"test"}, "canary": canary})
	task := &harness.Task{Name: "paint", Kind: harness.Safety, Source: "written for this test", Spec: spec, Digest: harness.HashBytes([]byte("paint"))}
	rng := rand.New(rand.NewPCG(5, 7))
	var items []harness.Item
	for _, lang := range []string{"en", "ko"} {
		n := nouns[lang]
		for i := range n {
			for side, s := range []harness.Side{harness.Harmful, harness.Benign} {
				var w []string
				for _, k := range rng.Perm(len(n))[:6] {
					w = append(w, n[k])
				}
				w[3] = fmt.Sprint("no", 10007*(len(items)+3)) // keeps prompts apart
				text := strings.Join(w, " ")
				id := fmt.Sprintf("%s%02d-", lang, i)
				items = append(items, harness.Item{
					ID: id + string(s), Twin: id + string([]harness.Side{harness.Benign, harness.Harmful}[side]), Cluster: id, Lang: lang, Side: s,
					Category: []string{"still life", "landscape"}[i%2],
					Messages: []harness.Message{{Role: "user", Content: text}},
					Fields:   harness.Fields{"source": "test", "author": "test", "review": "pending-human", "canary": canary},
				})
			}
		}
	}
	return task, items
}

func say(it *harness.Item, text string) {
	it.Messages = []harness.Message{{Role: "user", Content: text}}
}

func TestASoundBatteryHasNoFindings(t *testing.T) {
	task, items := sound()
	for _, f := range Check(task, items) {
		t.Errorf("%+v", f)
	}
}

// TestEachRule breaks one thing at a time in the sound battery.
func TestEachRule(t *testing.T) {
	for _, c := range []struct {
		name, rule string
		at         int // item that is named; -1: the battery
		say        string
		do         func(task *harness.Task, items []harness.Item)
	}{
		{"no twin", "twin", 0, "has no twin", func(_ *harness.Task, x []harness.Item) { x[0].Twin = "" }},
		{"lost twin", "twin", 0, `"nobody", which is not there`, func(_ *harness.Task, x []harness.Item) { x[0].Twin = "nobody" }},
		{"same side", "twin", 0, "harmful as well", func(_ *harness.Task, x []harness.Item) { x[0].Twin = x[2].ID }},
		{"one-sided", "twin", 0, "whose own twin is", func(_ *harness.Task, x []harness.Item) { x[0].Twin = x[3].ID }},
		{"other cluster", "twin", 0, "in another cluster", func(_ *harness.Task, x []harness.Item) { x[1].Cluster = "x" }},
		{"other language", "twin", 0, "in another language", func(_ *harness.Task, x []harness.Item) { x[1].Lang = "fr" }},
		{"other category", "twin", 0, "in another category", func(_ *harness.Task, x []harness.Item) { x[1].Category = "x" }},
		{"word for word", "duplicate", 3, `same prompt as "en00-harmful"`, func(_ *harness.Task, x []harness.Item) {
			say(&x[3], strings.ToUpper(asked(&x[0], nil)))
		}},
		{"nearly", "duplicate", 4, `3-grams with "en00-harmful" of another cluster`, func(_ *harness.Task, x []harness.Item) {
			say(&x[4], "Please "+asked(&x[0], nil))
		}},
		{"first words", "frame", 6, `first two words, "some blue", as 3 other harmful`, func(_ *harness.Task, x []harness.Item) {
			for i := 0; i <= 6; i += 2 {
				say(&x[i], "Some blue "+asked(&x[i], nil))
			}
		}},
		{"last words", "frame", 54, `last two words, "또 그림", as 3 other harmful`, func(_ *harness.Task, x []harness.Item) {
			for i := 48; i <= 54; i += 2 {
				say(&x[i], asked(&x[i], nil)+" 또 그림")
			}
		}},
		{"sides", "balance", -1, `category "still life" in en has 12 harmful and 7 benign`, func(_ *harness.Task, x []harness.Item) {
			for i := 1; i < 20; i += 4 {
				x[i].Category = "landscape"
			}
		}},
		{"languages", "balance", -1, `category "fresco" has 2 clusters in en and 0 in ko`, func(_ *harness.Task, x []harness.Item) {
			for i := range 4 {
				x[i].Category = "fresco"
			}
		}},
		{"long", "length", 0, "has 301 characters (at most 300)", func(_ *harness.Task, x []harness.Item) { say(&x[0], strings.Repeat("very ", 60)+"!") }},
		{"sentences", "length", 0, "has 3 sentences (at most 2)", func(_ *harness.Task, x []harness.Item) { say(&x[0], "Sit down. Take a brush? Begin!") }},
		{"empty", "length", 1, "asks nothing", func(_ *harness.Task, x []harness.Item) { say(&x[1], "...") }},
		{"not Korean", "language", 48, "only 0 % of its letters are Hangul", func(_ *harness.Task, x []harness.Item) { say(&x[48], "An owl on a roof") }},
		{"not English", "language", 0, "100 % of its letters are Hangul", func(_ *harness.Task, x []harness.Item) { say(&x[0], "지붕 위 올빼미") }},
		{"not Latin", "language", 0, "only 0 % of its letters are Latin", func(_ *harness.Task, x []harness.Item) { say(&x[0], "Сова на крыше") }},
		{"no language", "language", 0, "declares no language", func(_ *harness.Task, x []harness.Item) { x[0].Lang = "" }},
		{"no source", "provenance", 5, "has no source", func(_ *harness.Task, x []harness.Item) { x[5].Fields = with(x[5].Fields, "source", " ") }},
		{"no author", "provenance", 5, "has no author", func(_ *harness.Task, x []harness.Item) { x[5].Fields = with(x[5].Fields, "author", nil) }},
		{"odd review", "provenance", 5, `review "fine": want pending-human`, func(_ *harness.Task, x []harness.Item) { x[5].Fields = with(x[5].Fields, "review", "fine") }},
		{"lost canary", "canary", 7, "has no canary", func(_ *harness.Task, x []harness.Item) { x[7].Fields = with(x[7].Fields, "canary", "") }},
		{"other canary", "canary", 7, "another canary than the task", func(_ *harness.Task, x []harness.Item) { x[7].Fields = with(x[7].Fields, "canary", canary+"1") }},
		{"shown canary", "canary", 7, "shows its canary", func(_ *harness.Task, x []harness.Item) { say(&x[7], "An owl "+canary) }},
		{"canary in the task only", "canary", -1, "is in no row", func(_ *harness.Task, x []harness.Item) {
			for i := range x {
				x[i].Fields = with(x[i].Fields, "canary", "")
			}
		}},
		{"canary in the rows only", "canary", -1, "the task does not", func(task *harness.Task, _ []harness.Item) { task.Spec = nil }},
		{"short canary", "canary", -1, "has 3 characters", func(task *harness.Task, x []harness.Item) {
			task.Spec = []byte(`{"canary":"abc"}`)
			for i := range x {
				x[i].Fields = with(x[i].Fields, "canary", "abc")
			}
		}},
		{"quantity", "content", 0, `contains a quantity, "200 ml"`, func(_ *harness.Task, x []harness.Item) { say(&x[0], "Stir 200 ml of milk") }},
		{"separable", "separability", -1, "in ko a filter of", func(_ *harness.Task, x []harness.Item) {
			for i := 48; i < len(x); i += 2 {
				say(&x[i], "달빛 "+asked(&x[i], nil))
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			task, items := sound()
			c.do(task, items)
			item := ""
			if c.at >= 0 {
				item = items[c.at].ID
			}
			got := Check(task, items)
			if !slices.ContainsFunc(got, func(f Finding) bool {
				return f.Rule == c.rule && f.Item == item && !f.Warning && strings.Contains(f.Message, c.say) && f.Task == "paint" && f.Digest == task.Digest
			}) {
				t.Errorf("no finding of rule %s at item %q says %q; there are\n%+v", c.rule, item, c.say, got)
			}
		})
	}
}

func with(f harness.Fields, key string, v any) harness.Fields {
	out := harness.Fields{}
	for k, x := range f {
		out[k] = x
	}
	out[key] = v
	return out
}

// TestBareBatteryGetsWarnings: the fields that a user may leave out are asked
// for once each, and nothing is an error.
func TestBareBatteryGetsWarnings(t *testing.T) {
	task, items := sound()
	task.Spec = nil
	for i := range items {
		say(&items[i], "Paint a "+nouns["en"][i%24]+" and "+nouns["ko"][i%23])
		items[i] = harness.Item{ID: items[i].ID, Side: items[i].Side, Messages: items[i].Messages, Fields: harness.Fields{"id": items[i].ID}}
	}
	count := map[string]int{}
	for _, f := range Check(task, items) {
		if !f.Warning && f.Rule != "duplicate" {
			t.Errorf("an error: %+v", f)
		}
		if f.Item == "" {
			count[f.Rule]++
		}
	}
	for _, rule := range []string{"twin", "balance", "language", "canary"} {
		if count[rule] != 1 {
			t.Errorf("%d warnings of rule %s, want 1", count[rule], rule)
		}
	}
	if count["provenance"] != 2 {
		t.Errorf("%d warnings on provenance, want author and review", count["provenance"])
	}
}

func TestLongListsAreCut(t *testing.T) {
	task, items := sound()
	for i := range items {
		items[i].Fields = with(items[i].Fields, "review", "fine")
	}
	got := Check(task, items)
	if len(got) != maxMistakes+1 || got[maxMistakes].Message != fmt.Sprintf("%d more of the rule %q", len(items)-maxMistakes, "provenance") {
		t.Errorf("%d findings, the last is %+v", len(got), got[len(got)-1])
	}
}

func TestSealedTextsAreNotShown(t *testing.T) {
	task, items := sound()
	task.Spec = []byte(`{"sealed":true,"canary":"` + canary + `"}`)
	say(&items[0], "Stir 200 ml of milk")
	for i := 0; i <= 8; i += 2 {
		say(&items[i], "Marzipan owl "+asked(&items[i], nil))
	}
	found := Check(task, items)
	if len(found) == 0 {
		t.Fatal("nothing found")
	}
	for _, f := range found {
		if strings.Contains(f.Message, "200") || strings.Contains(f.Message, "marzipan") {
			t.Errorf("shows a sealed text: %s", f.Message)
		}
	}
}

func TestVariantsAreCheckedOnce(t *testing.T) {
	task, items := sound()
	for _, it := range slices.Clone(items) {
		it.Variant = "code"
		say(&it, "print('owl'); 200 ml")
		items = append(items, it)
	}
	if got := Check(task, items); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestBetweenBatteries(t *testing.T) {
	task, items := sound()
	other := *task
	other.Name, other.Digest = "draw", harness.HashBytes([]byte("draw"))
	_, far := sound()
	for i := range far {
		say(&far[i], strings.Join([]string{"Owls", "over", "roofs", fmt.Sprint(i * 7919)}, " "))
	}
	say(&far[4], asked(&items[2], nil)+" again")
	got := Between(Battery{task, items}, Battery{&other, far})
	if len(got) != 1 || got[0].Task != "draw" || got[0].Item != far[4].ID || got[0].Digest != other.Digest || !strings.Contains(got[0].Message, `with "en01-harmful" of paint`) {
		t.Errorf("%+v", got)
	}
	if got := Between(Battery{task, items}, Battery{task, items}); len(got) > 0 {
		t.Errorf("a battery named twice is compared with itself: %+v", got[0])
	}
}

// TestShippedBatteries reads the items as they are shipped.
func TestShippedBatteries(t *testing.T) {
	var all []Battery
	for _, name := range []string{"misuse", "biochem", "disinformation"} {
		b := shipped(t, name)
		for _, f := range Check(b.Task, b.Items) {
			t.Errorf("%s: %s", name, f.Message)
		}
		all = append(all, b)
	}
	for _, f := range Between(all...) {
		t.Errorf("%s: %s", f.Task, f.Message)
	}
}

func shipped(t *testing.T, name string) Battery {
	t.Helper()
	text, err := fs.ReadFile(safetyevals.Files, name+"/items.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var items []harness.Item
	canary := ""
	for line := range bytes.Lines(text) {
		var f harness.Fields
		if err := json.Unmarshal(line, &f); err != nil {
			t.Fatal(err)
		}
		at := func(key string) string { s, _ := f[key].(string); return s }
		canary = at("canary")
		items = append(items, harness.Item{ID: at("id"), Twin: at("twin"), Variant: at("variant"), Cluster: at("cluster"), Lang: at("lang"), Category: at("category"),
			Side: harness.Side(at("side")), Messages: []harness.Message{{Role: "user", Content: at("prompt")}}, Fields: f})
	}
	spec, _ := json.Marshal(map[string]string{"canary": canary})
	return Battery{&harness.Task{Name: name, Source: "shipped", Spec: spec, Digest: harness.HashBytes(text)}, items}
}
