package report

import (
	"bufio"
	"io"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// screen writes a document for a terminal.
type screen struct {
	w     *bufio.Writer
	lang  Lang
	o     Options
	width int
}

func writeText(w io.Writer, d document, l Lang, o Options) error {
	s := &screen{w: bufio.NewWriter(w), lang: l, o: o, width: o.Width}
	if s.width <= 0 {
		s.width = 80
	}
	s.width = max(s.width, 40)
	for i, b := range d {
		if i > 0 {
			s.line("")
		}
		switch b := b.(type) {
		case heading:
			s.heading(b)
		case para:
			s.para(b)
		case facts:
			s.facts(b)
		case list:
			s.list(b)
		case table:
			s.table(b)
		case bars:
			s.bars(b)
		case drawing:
			for _, l := range b {
				if s.o.ASCII {
					l = strings.NewReplacer("│", "|", "┤", "|", "└", "+", "─", "-", "·", ".").Replace(l)
				}
				s.line(Line(l, s.width))
			}
		case legend:
			s.legend()
		}
	}
	return s.w.Flush()
}

// line writes a line without trailing spaces. Errors stay in the bufio.Writer.
func (s *screen) line(text string) {
	_, _ = s.w.WriteString(strings.TrimRight(text, " "))
	_ = s.w.WriteByte('\n')
}

// style colours text with an ANSI code where colours are wanted.
func (s *screen) style(code, text string) string {
	if !s.o.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *screen) heading(h heading) {
	text := Line(h.text, s.width)
	rule := map[int]string{1: "═", 2: "─"}[h.level]
	if s.o.ASCII {
		rule = map[int]string{1: "=", 2: "-"}[h.level]
	}
	s.line(s.style("1", text))
	if rule != "" {
		s.line(strings.Repeat(rule, Width(text)))
	}
}

func (s *screen) para(p para) {
	prefix, code := "", ""
	if p.alert {
		prefix, code = "!! ", "1;31"
	}
	for _, l := range wrap(prefix+Line(p.text, 0), s.width, len(prefix)) {
		if code != "" {
			l = s.style(code, l)
		}
		s.line(l)
	}
}

func (s *screen) facts(f facts) {
	name := 0
	for _, kv := range f {
		name = max(name, Width(kv[0]))
	}
	name = min(name, s.width/3)
	for _, kv := range f {
		heads, lines := wrap(Line(kv[0], 0), name, 0), wrap(Line(kv[1], 0), s.width-name-2, 0)
		for i := range max(len(heads), len(lines)) {
			var head, l string
			if i < len(heads) {
				head = Line(heads[i], name)
			}
			if i < len(lines) {
				l = lines[i]
			}
			s.line(s.style("2", pad(head, name, false)) + "  " + l)
		}
	}
}

func (s *screen) list(items list) {
	for _, it := range items {
		for _, l := range wrap("- "+Line(it, 0), s.width, 2) {
			s.line(l)
		}
	}
}

// table writes aligned columns with titles over as many lines as they need. Where
// the screen is too narrow for its content, each row becomes a list of facts.
func (s *screen) table(t table) {
	widths := t.widths()
	total := 2 * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if total > s.width {
		s.stacked(t)
		return
	}
	titles, lines := make([][]string, len(widths)), 0
	for i, c := range t.columns {
		titles[i] = wrap(Line(c.title, 0), widths[i], 0)
		lines = max(lines, len(titles[i]))
	}
	for n := range lines {
		row := make([]string, len(widths))
		for i, title := range titles {
			if k := n - (lines - len(title)); k >= 0 { // titles stand on the last line
				row[i] = title[k]
			}
		}
		s.line(s.style("2", strings.TrimRight(t.join(row, widths), " ")))
	}
	for r, row := range t.rows {
		clean := make([]string, len(widths))
		for i := range row {
			clean[i] = Line(row[i], 0)
		}
		s.line(t.join(clean, widths))
		s.detail(t, r)
	}
}

// widths are the columns that the content of a table and the longest words of its
// titles need.
func (t table) widths() []int {
	out := make([]int, len(t.columns))
	for i, c := range t.columns {
		for word := range strings.FieldsSeq(Line(c.title, 0)) {
			out[i] = max(out[i], Width(word))
		}
		for _, row := range t.rows {
			out[i] = max(out[i], Width(Line(row[i], 0)))
		}
	}
	return out
}

func (t table) join(row []string, widths []int) string {
	var out []string
	for i, c := range t.columns {
		out = append(out, pad(row[i], widths[i], c.right))
	}
	return strings.Join(out, "  ")
}

// stacked writes every row as titles with values.
func (s *screen) stacked(t table) {
	for r, row := range t.rows {
		if r > 0 {
			s.line("")
		}
		var f facts
		for i, c := range t.columns {
			if row[i] != "" {
				f = append(f, [2]string{c.title, row[i]})
			}
		}
		s.facts(f)
		s.detail(t, r)
	}
}

// detail writes the small print of a row.
func (s *screen) detail(t table, row int) {
	if t.details == nil {
		return
	}
	for _, l := range wrap(Line(t.details[row], 0), s.width-4, 0) {
		s.line("    " + s.style("2", l))
	}
}

func (s *screen) bars(b bars) {
	names := [2]string{
		s.lang.say("side.count", s.lang.say("harmful"), b.harmful.Planned),
		s.lang.say("side.count", s.lang.say("benign"), b.benign.Planned),
	}
	column := (s.width - 3) / 2
	cellsWide := min(max(column-max(Width(names[0]), Width(names[1]))-1, 10), 40)
	var top, counts [2]string
	for i, bar := range [2]analysis.Bar{b.harmful, b.benign} {
		drawn := names[i] + " " + s.bar(bar, cellsWide)
		gap := max(column-Width(names[i])-1-cellsWide, 0)
		top[i] = drawn + strings.Repeat(" ", gap)
		counts[i] = s.lang.outcomeCounts(bar)
	}
	s.line(top[0] + "   " + top[1])
	left, right := wrap(counts[0], column, 0), wrap(counts[1], column, 0)
	for i := range max(len(left), len(right)) {
		var a, b string
		if i < len(left) {
			a = left[i]
		}
		if i < len(right) {
			b = right[i]
		}
		s.line(pad(a, column, false) + "   " + b)
	}
}

// bar draws the outcomes of one side.
func (s *screen) bar(b analysis.Bar, n int) string {
	if b.Planned == 0 {
		return strings.Repeat(" ", n)
	}
	var out strings.Builder
	for i, k := range cells(b, n) {
		out.WriteString(s.style(colors[i], strings.Repeat(s.sign(i), k)))
	}
	return out.String()
}

func (s *screen) sign(i int) string {
	if s.o.ASCII {
		return asciiSigns[i]
	}
	return signs[i]
}

func (s *screen) legend() {
	words := []string{s.lang.say("legend") + ":"}
	for i, o := range harness.Outcomes {
		words = append(words, s.sign(i)+" "+s.lang.say("o."+string(o))+" ")
	}
	for _, l := range flow(words, s.width, 2) {
		s.line(l)
	}
}
