package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// barCells is the length of a bar in Markdown.
const barCells = 20

// writeMarkdown writes a document as GitHub-flavoured Markdown without any HTML.
func writeMarkdown(w io.Writer, d document, l Lang) error {
	b := bufio.NewWriter(w)
	for i, x := range d {
		if i > 0 {
			fmt.Fprintln(b)
		}
		switch x := x.(type) {
		case heading:
			fmt.Fprintf(b, "%s %s\n", strings.Repeat("#", x.level), Markdown(x.text))
		case para:
			if x.alert {
				fmt.Fprintf(b, "> **%s**\n", Markdown(x.text))
				continue
			}
			fmt.Fprintln(b, Markdown(x.text))
		case facts:
			fmt.Fprint(b, "| | |\n|---|---|\n")
			for _, kv := range x {
				fmt.Fprintf(b, "| %s | %s |\n", Markdown(kv[0]), Markdown(kv[1]))
			}
		case list:
			for _, it := range x {
				fmt.Fprintf(b, "- %s\n", Markdown(it))
			}
		case table:
			markdownTable(b, x)
		case bars:
			markdownBars(b, x, l)
		case drawing:
			fmt.Fprintln(b, "```text")
			for _, l := range x {
				fmt.Fprintln(b, strings.TrimRight(strings.ReplaceAll(Line(l, 0), "`", "'"), " "))
			}
			fmt.Fprintln(b, "```")
		case legend:
			var out []string
			for i, o := range harness.Outcomes {
				out = append(out, "`"+signs[i]+"` "+l.say("o."+string(o)))
			}
			fmt.Fprintf(b, "%s: %s\n", l.say("legend"), strings.Join(out, ", "))
		}
	}
	return b.Flush()
}

func markdownTable(b *bufio.Writer, t table) {
	titles, rules := []string{}, []string{}
	for _, c := range t.columns {
		titles = append(titles, Markdown(c.title))
		rule := "---"
		if c.right {
			rule = "---:"
		}
		rules = append(rules, rule)
	}
	if t.details != nil {
		titles, rules = append(titles, Markdown(t.title)), append(rules, "---")
	}
	fmt.Fprintf(b, "| %s |\n|%s|\n", strings.Join(titles, " | "), strings.Join(rules, "|"))
	for i, row := range t.rows {
		var cells []string
		for _, c := range row {
			cells = append(cells, Markdown(c))
		}
		if t.details != nil {
			cells = append(cells, Markdown(t.details[i]))
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
	}
}

func markdownBars(b *bufio.Writer, x bars, l Lang) {
	fmt.Fprint(b, "| | | |\n|---|---|---|\n")
	for _, s := range []struct {
		name string
		bar  analysis.Bar
	}{{"harmful", x.harmful}, {"benign", x.benign}} {
		drawn := "–"
		if s.bar.Planned > 0 {
			var out strings.Builder
			for i, k := range cells(s.bar, barCells) {
				out.WriteString(strings.Repeat(signs[i], k))
			}
			drawn = "`" + out.String() + "`"
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", l.say("side.count", l.say(s.name), s.bar.Planned), drawn, l.outcomeCounts(s.bar))
	}
}
