package report

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// pageStyle is all the style of a page: colours of the reader's scheme with a
// contrast of at least 4.5 : 1, tables that scroll in their own box where the screen
// is narrow, and small print that stays readable.
const pageStyle = `:root{color-scheme:light dark;--ink:#1a1d21;--soft:#4c545e;--paper:#fff;--band:#f1f3f5;--rule:#c9d0d7;--alert:#8a1c0f;--alertband:#fdeeeb}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaed;--soft:#b3bbc4;--paper:#15181b;--band:#202429;--rule:#434b54;--alert:#ffb4a6;--alertband:#3a1f1a}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:72rem;font:1rem/1.5 system-ui,-apple-system,"Noto Sans KR","Apple SD Gothic Neo","Malgun Gothic",sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:anywhere}
:lang(ko){word-break:keep-all}
h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.2rem;margin:2rem 0 .5rem}h3{font-size:1rem;margin:1.5rem 0 .5rem}
p,ul,dl{max-width:65rem}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1rem;margin:.5rem 0}dt{font-weight:600}dd{margin:0;min-width:0}
.alert{border-left:.3rem solid var(--alert);background:var(--alertband);color:var(--alert);padding:.5rem .75rem;margin:.75rem 0}
.box{overflow-x:auto;margin:.5rem 0;border:1px solid var(--rule);border-radius:.3rem}
.box:focus-visible{outline:.2rem solid var(--soft);outline-offset:.1rem}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{padding:.4rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--rule)}
thead th{background:var(--band);font-weight:600;vertical-align:bottom}
th[scope=row]{font-weight:600;min-width:8rem}
.n{text-align:right;white-space:nowrap}
.small td{font-size:.875rem;color:var(--soft);white-space:normal;padding-top:0}
.small div{position:sticky;left:.7rem;max-width:min(65rem,calc(100vw - 4rem))}
.lead th,.lead td{border-bottom:0}
@media print{body{max-width:none}.box{overflow:visible}}`

// writeHTML writes a document as one page that needs nothing else: no script, no
// font, no picture, no link. Every string of the document is text to it. The page is
// well-formed XML as well, so that any parser reads it alike.
func writeHTML(w io.Writer, title string, d document, l Lang) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\"/>\n", l)
	fmt.Fprint(b, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n")
	fmt.Fprint(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n")
	fmt.Fprintf(b, "<title>%s</title>\n<style>%s</style>\n</head>\n<body>\n<main>\n", markup(title), pageStyle)
	p := page{w: b, lang: l, title: title}
	for _, x := range d {
		p.block(x)
	}
	fmt.Fprint(b, "</main>\n</body>\n</html>\n")
	return b.Flush()
}

// markup makes a string text in HTML: cleaned as by Line, and escaped.
func markup(s string) string { return html.EscapeString(Line(s, 0)) }

// page writes blocks as HTML. Errors stay in the bufio.Writer.
type page struct {
	w     *bufio.Writer
	lang  Lang
	title string // of the section, which names the tables in it
}

func (p *page) block(x block) {
	switch x := x.(type) {
	case heading:
		p.title = x.text
		fmt.Fprintf(p.w, "<h%d>%s</h%d>\n", x.level, markup(x.text), x.level)
	case para:
		if x.alert {
			fmt.Fprintf(p.w, "<p class=\"alert\" role=\"note\">%s</p>\n", markup(x.text))
			return
		}
		fmt.Fprintf(p.w, "<p>%s</p>\n", markup(x.text))
	case facts:
		fmt.Fprint(p.w, "<dl>\n")
		for _, kv := range x {
			fmt.Fprintf(p.w, "<dt>%s</dt><dd>%s</dd>\n", markup(kv[0]), markup(kv[1]))
		}
		fmt.Fprint(p.w, "</dl>\n")
	case list:
		fmt.Fprint(p.w, "<ul>\n")
		for _, s := range x {
			fmt.Fprintf(p.w, "<li>%s</li>\n", markup(s))
		}
		fmt.Fprint(p.w, "</ul>\n")
	case table:
		p.table(x)
	case bars:
		p.block(list{p.side("harmful", x.harmful), p.side("benign", x.benign)})
	case legend:
		var names []string
		for _, o := range harness.Outcomes {
			names = append(names, p.lang.say("o."+string(o)))
		}
		p.block(para{text: p.lang.say("legend") + ": " + strings.Join(names, ", ")})
	}
}

// side writes the counts that a bar draws.
func (p *page) side(name string, b analysis.Bar) string {
	return p.lang.say("side.count", p.lang.say(name), b.Planned) + ": " + p.lang.outcomeCounts(b)
}

// table writes a table in a box that scrolls by itself and can be reached by the
// keyboard. The first column names the row; the small print stands below each.
func (p *page) table(t table) {
	fmt.Fprintf(p.w, "<div class=\"box\" role=\"region\" tabindex=\"0\" aria-label=\"%s\">\n<table>\n<thead>\n<tr>", markup(p.title))
	for _, c := range t.columns {
		fmt.Fprintf(p.w, "<th scope=\"col\"%s>%s</th>", right(c), markup(c.title))
	}
	fmt.Fprint(p.w, "</tr>\n</thead>\n<tbody>\n")
	for i, row := range t.rows {
		class := ""
		if t.details != nil {
			class = " class=\"lead\""
		}
		fmt.Fprintf(p.w, "<tr%s>", class)
		for k, cell := range row {
			tag := "td"
			if k == 0 {
				tag = "th scope=\"row\""
			}
			fmt.Fprintf(p.w, "<%s%s>%s</%s>", tag, right(t.columns[k]), markup(cell), tag[:2])
		}
		fmt.Fprint(p.w, "</tr>\n")
		if t.details != nil {
			fmt.Fprintf(p.w, "<tr class=\"small\"><td colspan=\"%d\"><div>%s</div></td></tr>\n", len(row), markup(t.details[i]))
		}
	}
	fmt.Fprint(p.w, "</tbody>\n</table>\n</div>\n")
}

func right(c column) string {
	if c.right {
		return " class=\"n\""
	}
	return ""
}
