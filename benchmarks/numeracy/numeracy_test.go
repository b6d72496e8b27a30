package numeracy

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sovereign-eval/haetae/harness"
)

func rowsOf(t *testing.T, n int, seed int64, o map[string]any) []harness.Fields {
	t.Helper()
	var out []harness.Fields
	for row, err := range (Generator{}).Rows(n, seed, o) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, row)
	}
	return out
}

func TestSameSeedSameRowsAndPrefix(t *testing.T) {
	a, b := rowsOf(t, 400, 3, nil), rowsOf(t, 100, 3, nil)
	if d := cmp.Diff(a[:100], b); d != "" {
		t.Errorf("a longer set does not begin with the shorter one:\n%s", d)
	}
	other := rowsOf(t, 100, 4, nil)
	same := 0
	for i := range b {
		if b[i]["question"] == other[i]["question"] {
			same++
		}
	}
	if same > 20 {
		t.Errorf("%d of 100 questions are the same under another seed", same)
	}
}

func TestRowsAreWellFormed(t *testing.T) {
	ids, questions, templates := map[any]bool{}, map[any]int{}, map[any]int{}
	bad := regexp.MustCompile(`%!|\(이\)|_|\s{2}`)
	for _, r := range rowsOf(t, 4000, 11, nil) {
		q := r["question"].(string)
		n, err := strconv.Atoi(r["answer"].(string))
		if err != nil || n < 0 {
			t.Errorf("%s: answer %v of %q", r["id"], r["answer"], q)
		}
		if bad.MatchString(q) {
			t.Errorf("%s: malformed question %q", r["id"], q)
		}
		if hangul := strings.ContainsFunc(q, func(c rune) bool { return c >= 0xAC00 && c <= 0xD7A3 }); hangul != (r["lang"] == "ko") {
			t.Errorf("%s: language of %q", r["id"], q)
		}
		ids[r["id"]] = true
		questions[q]++
		templates[r["template"]]++
	}
	if len(ids) != 4000 {
		t.Errorf("%d different ids of 4000", len(ids))
	}
	if len(questions) < 3650 {
		t.Errorf("%d different questions of 4000: too few numbers to draw from", len(questions))
	}
	first := map[any]bool{}
	for _, r := range rowsOf(t, 400, 20261124, nil) {
		if first[r["question"]] {
			t.Errorf("%q is asked twice in 400 rows", r["question"])
		}
		first[r["question"]] = true
	}
	if len(templates) != 40 {
		t.Errorf("%d templates are used, want 40", len(templates))
	}
}

func TestNumberWords(t *testing.T) {
	for n, want := range map[int]string{7: "seven", 40: "forty", 58: "fifty-eight", 300: "three hundred", 421: "four hundred and twenty-one",
		2005: "two thousand and five", 98765: "ninety-eight thousand seven hundred and sixty-five"} {
		if got := enWord(n); got != want {
			t.Errorf("enWord(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{1: "일", 10: "십", 15: "십오", 110: "백십", 1000: "천", 10000: "만", 25000: "이만 오천", 111111: "십일만 천백십일", 98765: "구만 팔천칠백육십오"} {
		if got := koSino(n); got != want {
			t.Errorf("koSino(%d) = %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{1: "한", 12: "열두", 20: "스무", 21: "스물한", 23: "스물세", 40: "마흔", 69: "예순아홉", 99: "아흔아홉"} {
		if got := koCount(n); got != want {
			t.Errorf("koCount(%d) = %q, want %q", n, got, want)
		}
	}
	if josa("하윤", "이는", "는") != "하윤이는" || josa("민지", "이는", "는") != "민지는" {
		t.Error("particles do not follow the last sound")
	}
}

func TestOptions(t *testing.T) {
	for _, r := range rowsOf(t, 50, 1, map[string]any{"langs": []any{"ko"}, "kinds": []any{"dates"}}) {
		if r["lang"] != "ko" || r["kind"] != "dates" {
			t.Errorf("got %v", r)
		}
	}
	for _, o := range []map[string]any{{"lang": []any{"ko"}}, {"langs": "ko"}, {"langs": []any{"fr"}}, {"kinds": []any{"dates", "dates"}}, {"kinds": []any{}}} {
		if err := (Generator{}).Check(o); err == nil {
			t.Errorf("options %v gave no error", o)
		}
	}
}

func ExampleGenerator() {
	for row := range (Generator{}).Rows(2, 7, map[string]any{"kinds": []any{"units"}}) {
		fmt.Println(row["question"], row["answer"])
	}
	// Output:
	// 끈의 길이가 8미터 32센티미터입니다. 모두 몇 센티미터입니까? 832
	// A rope is 7 metres and 78 centimetres long. How many centimetres is that? 778
}
