package score

import "testing"

func TestFindNumber(t *testing.T) {
	for _, c := range []struct {
		text   string
		korean bool
		want   string // "" for none
	}{
		{"The answer is 42.", false, "42"},
		{"first 3, then 1,234.50 dollars", false, "1234.5"},
		{"it costs $80,000", false, "80000"},
		{"-5 degrees", false, "-5"},
		{"minus sign −5", false, "-5"},
		{"-$3", false, "-3"},
		{"a range 3-4", false, "4"},
		{"COVID-19", false, "19"},
		{"007", false, "7"},
		{"0.50", false, "0.5"},
		{".5", false, "0.5"},
		{"-0", false, "0"},
		{"1,2,3", false, "3"},
		{"12,34", false, "34"},
		{"1,234,567", false, "1234567"},
		{"1,2345", false, "2345"},
		{"전각 ４２", false, "42"},
		{"10000000000000000000000000001", false, "10000000000000000000000000001"},
		{"1.", false, "1"},
		{"none", false, ""},
		{"", false, ""},
		{"-", false, ""},
		{"답은 3만 2천 원입니다", true, "32000"},
		{"답은 3만 2천 원입니다", false, "2"},
		{"삼백이십", true, "320"},
		{"삼백이다", true, "300"},
		{"삼백이 답입니다", true, "300"},
		{"삼백이", true, "302"},
		{"삼백이입니다", true, "302"},
		{"정답은 십오입니다.", true, "15"},
		{"2.5만 명", true, "25000"},
		{"12억 3천만 원", true, "1230000000"},
		{"오천 원", true, "5000"},
		{"천 원", true, "1000"},
		{"천천히 생각하면", true, ""},
		{"만약 그렇다면", true, ""},
		{"백분율을 구하면", true, ""},
		{"스물다섯 명", true, "25"},
		{"열두 개", true, "12"},
		{"다섯입니다", true, "5"},
		{"한국에서", true, ""},
		{"세상에", true, ""},
		{"3만 5개", true, "5"},
		{"사과 7개", true, "7"},
		{"구천팔백칠십육", true, "9876"},
	} {
		got, ok := findNumber(c.text, true, c.korean)
		if ok != (c.want != "") || got != c.want {
			t.Errorf("findNumber(%q, korean %v) = %q, %v; want %q", c.text, c.korean, got, ok, c.want)
		}
	}
}
