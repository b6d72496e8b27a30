package lint

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

func TestContentRules(t *testing.T) {
	for text, what := range map[string]string{
		"Stir 200 ml of milk":                       "a quantity",
		"Stir 2.5kg flour":                          "a quantity",
		"Use 30% cream":                             "a quantity",
		"Bake at 180 °C":                            "a quantity",
		"Rest for 20 minutes":                       "a quantity",
		"Add two grams of salt":                     "a quantity",
		"half a litre of milk":                      "a quantity",
		"우유 200밀리리터를 넣어":                            "a quantity",
		"소금 두 숟갈만":                                  "a quantity",
		"소금 삼십 그램만":                                 "a quantity",
		"물을 이백오십 밀리리터 부어":                           "a quantity",
		"20분간 저어 줘":                                 "a quantity",
		"What is 7732-18-5?":                        "a registry number",
		"What is H2O?":                              "a chemical formula",
		"What is H₂O?":                              "a chemical formula",
		"NaCl on chips":                             "a chemical formula",
		"What does Ca(OH)2 do?":                     "a chemical formula",
		"What is 1,2-propanediol?":                  "a chemical name with locants",
		"Read gattacagattacag aloud":                "a sequence",
		"Explain `ls`":                              "code",
		"What does print(\"owl\") do":               "code",
		"Run owl() now":                             "code",
		"x = 4":                                     "code",
		"if a && b":                                 "code",
		"tar --list":                                "code",
		"<b>owl</b>":                                "code",
		"SELECT name FROM owls":                     "code",
		"Read /etc/hosts":                           "a file path",
		`Read C:\owls`:                              "a file path",
		"Write to owl@example.org":                  "an e-mail address",
		"Open https://example":                      "a URL",
		"Open www.example":                          "a URL",
		"Look at example.com today":                 "a URL",
		"Ping 192.0.2.1":                            "a network address",
		"Call 02-555-0100 0 or 010-5550-1234":       "a telephone number",
		"Call 010-5550-1234에 걸어":                    "a telephone number",
		"SNS, P2P, PIN and CNN":                     "",
		"COVID, WHO and K-pop in 1923":              "",
		"Polling moved to Thursday (not Friday).":   "",
		"the name(s) of the owl(s)":                 "",
		"은(는)과 이(가), 5·18과 4·3":                     "",
		"Ten posts, two teams, one cup of tea":      "",
		"Role: plant guide. Task: say why; then go": "",
		"$500 for and/or against":                   "",
		"한 그루, 두 사람, 세 번, 20분을 모신 자리":       "",
		"Bees, Co. and In As No":            "",
		"a well-known one-two - and so on":  "",
		"tell me e.g. about owls... or not": "",
	} {
		it := harness.Item{ID: "x", Side: harness.Harmful, Messages: []harness.Message{{Role: "user", Content: text}}}
		b := newBattery(&harness.Task{}, []harness.Item{it})
		b.content()
		got := ""
		if len(b.findings) > 0 {
			got = b.findings[0].Message
		}
		if what == "" && got != "" || !strings.Contains(got, "contains "+what) && what != "" {
			t.Errorf("%q: %q, want %q", text, got, what)
		}
	}
}

func TestSentences(t *testing.T) {
	for text, want := range map[string]int{
		"":                                     0,
		"...":                                  0,
		"Paint an owl":                         1,
		"Paint an owl. Now!":                   2,
		"Ask Dr. Owl, e.g. on J. Smith's roof": 1,
		"an owl... is it? i want to":           2,
		"An owl... It sleeps. Now.":            3,
		"She said \"Stop.\" Then she left.":    2,
		"올빼미를 그려. 지금? 응!":                      3,
		"one\ntwo\nthree":                      3,
		"What?! An owl":                        2,
		"Version 1.2 is out":                   1,
	} {
		if got := sentences(text); got != want {
			t.Errorf("%q: %d sentences, want %d", text, got, want)
		}
	}
}

// TestTemplatesDoNotCount: words that a task puts around every item are in no
// item.
func TestTemplatesDoNotCount(t *testing.T) {
	task, items := sound()
	spec, _ := json.Marshal(map[string]any{"authors": []string{"test"}, "canary": canary, "prompt": []map[string]string{
		{"system": "Be kind."}, {"user": "Please help me with the following request.\n{{prompt}}\nThank you very much. Bye!"}}})
	for i := range items {
		say(&items[i], "Please help me with the following request.\n"+asked(&items[i], nil)+"\nThank you very much. Bye!")
	}
	if got := Check(task, items); len(got) == 0 {
		t.Error("the same words around every item are not found where no template has them")
	}
	for i := range items { // a worked example before the question
		items[i].Messages = append([]harness.Message{{Role: "user", Content: "Paint an owl"}, {Role: "assistant", Content: "Done"}}, items[i].Messages...)
	}
	task.Spec = spec
	if got := Check(task, items); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

// TestNearFindsWhatAllPairsFind compares the prefix filter with the comparison
// of all pairs.
func TestNearFindsWhatAllPairsFind(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var rows []row
	for range 44 {
		var w []string
		for range 3 + rng.IntN(6) {
			w = append(w, nouns["en"][rng.IntN(7)])
		}
		rows = append(rows, row{Item: &harness.Item{}, text: strings.Join(w, " ")})
	}
	sets := gramSets(rows)
	for _, limit := range []float64{0, 0.3, 0.5, 0.8} {
		want := map[[2]int]float64{}
		for j := range sets {
			for i := range j {
				if v := jaccard(sets[i], sets[j]); v > limit {
					want[[2]int{i, j}] = v
				}
			}
		}
		got := near(rows, limit, func(i, j int) bool { return true })
		if len(got) != len(want) || len(want) == 0 {
			t.Errorf("limit %g: %d pairs, want %d", limit, len(got), len(want))
		}
		for _, p := range got {
			if want[[2]int{p.first, p.second}] != p.jaccard {
				t.Errorf("limit %g: pair %+v", limit, p)
			}
		}
	}
}

func TestAUC(t *testing.T) {
	for _, c := range []struct {
		high, low []float64
		want      float64
	}{
		{[]float64{2, 3}, []float64{0, 1}, 1},
		{[]float64{0, 1}, []float64{2, 3}, 0},
		{[]float64{1, 1}, []float64{1, 1}, 0.5},
		{[]float64{1, 3}, []float64{2, 1}, 0.625}, // pairs: 0, .5, 1, 1
		{[]float64{math.Inf(1)}, []float64{0}, 1},
	} {
		if got := auc(c.high, c.low); got != c.want {
			t.Errorf("auc(%v, %v) = %g, want %g", c.high, c.low, got, c.want)
		}
	}
}

// TestBayesByHand follows the formula on two features and four rows.
func TestBayesByHand(t *testing.T) {
	var m bayes
	m.init(3)
	m.learn([]int32{0, 1}, harness.Harmful)
	m.learn([]int32{0}, harness.Harmful)
	m.learn([]int32{1}, harness.Benign)
	m.learn([]int32{1}, harness.Benign)
	m.close()
	// P(0|harmful) = (2+1)/(3+2), P(0|benign) = (0+1)/(2+2); feature 2 is unseen.
	want := math.Log((3.0 / 5) / (1.0 / 4))
	if got := m.score([]int32{0, 2}); math.Abs(got-want) > 1e-12 {
		t.Errorf("score %g, want %g", got, want)
	}
}

// TestSeparabilityKnowsChanceAndCertainty: a battery without a cue is near 0.5
// or below, one with a cue in every row near 1, and a cue that stands in one
// cluster only teaches nothing of the others.
func TestSeparabilityKnowsChanceAndCertainty(t *testing.T) {
	task, items := sound()
	for _, s := range Inspect(task, items).Separations {
		if s.Reason != "" || s.Clusters != 24 || s.Harmful != 24 || s.Word.AUC > 0.7 || s.Character.AUC > 0.7 {
			t.Errorf("no cue: %+v", s)
		}
	}
	own := make([]harness.Item, len(items))
	copy(own, items)
	for i := range items {
		if items[i].Side == harness.Harmful {
			say(&items[i], "moonlit "+asked(&items[i], nil))
			say(&own[i], fmt.Sprintf("%s %d", asked(&own[i], nil), i*7919))
		}
	}
	for _, s := range Inspect(task, items).Separations {
		if name, best := s.Best(); best.AUC < 0.9 || best.J() < 0.5 {
			t.Errorf("a cue: %s %+v", name, s)
		}
	}
	for _, s := range Inspect(task, own).Separations {
		if s.Word.AUC > 0.7 {
			t.Errorf("cues of single clusters: %+v", s)
		}
	}
	few := Inspect(task, items[:10]).Separations
	if len(few) != 1 || few[0].Reason == "" {
		t.Errorf("few items: %+v", few)
	}
}

func TestContested(t *testing.T) {
	items := []harness.Item{{ID: "a"}, {ID: "7"}}
	got, err := Contested(strings.NewReader("{\"id\":\"b\"}\n\n{\"id\":7}\n{\"id\":\"b\"}\n[]\n{\"id\":\"\"}\n{\"id\":\"a\"}\n"), items)
	if err != nil {
		t.Fatal(err)
	}
	want := []LineFinding{
		{3, false, `item "7" is contested and still among`}, {4, false, `item "b" stands in line 1 already`},
		{5, false, "not an object"}, {6, false, "has no id"}, {7, false, `item "a" is contested`},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i := range want {
		if got[i].Line != want[i].Line || !strings.Contains(got[i].Message, want[i].Message) {
			t.Errorf("%+v, want %+v", got[i], want[i])
		}
	}
	if _, err := Contested(strings.NewReader(strings.Repeat("x", maxLine+1)), nil); err == nil {
		t.Error("an endless line is read")
	}
}

// FuzzCheck: whatever the texts, nothing panics, and every finding names an item
// that is there.
func FuzzCheck(f *testing.F) {
	f.Add("Paint an owl. Now!", "H₂O (200 ml", "ko", `{"prompt":[{"user":"}}{{"}]}`)
	f.Add("\xff\xfe", "", "", `{`)
	f.Add("。！？", "...\n\n…", "en-GB", `{"canary":"x","sealed":true}`)
	f.Fuzz(func(t *testing.T, a, b, lang, spec string) {
		task := &harness.Task{Name: "x", Kind: harness.Safety, Spec: []byte(spec)}
		items := []harness.Item{{ID: "1", Twin: "2", Lang: lang, Side: harness.Harmful}, {ID: "2", Twin: "1", Lang: lang, Side: harness.Benign}, {ID: "3"}}
		for i, text := range []string{a, b, a + b} {
			say(&items[i], text)
		}
		for _, x := range Check(task, items) {
			if x.Message == "" || x.Item != "" && x.Item != "1" && x.Item != "2" && x.Item != "3" {
				t.Errorf("%+v", x)
			}
		}
		if _, err := Contested(strings.NewReader(a), items); err != nil && len(a) < maxLine {
			t.Error(err)
		}
	})
}
