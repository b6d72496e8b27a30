package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
)

// wholeHead is the first line of a source of whole answers.
type wholeHead struct {
	Source     string `json:"source"`
	Lang       string `json:"lang"`
	Style      string `json:"style"`
	Made       string `json:"made"` // how its answers came to be
	Maker      string `json:"maker"`
	LabelMaker string `json:"label_maker"`
}

// wholeLine is one answer of such a source.
type wholeLine struct {
	Kind     string         `json:"kind"`
	Stance   harness.Stance `json:"stance"`
	Side     harness.Side   `json:"side"`
	Cluster  string         `json:"cluster"`
	Finish   harness.Finish `json:"finish"`
	Prompt   string         `json:"prompt"`
	Response string         `json:"response"`
}

// parseWhole reads a source whose answers were written or generated whole: a JSON
// object a line, the first one about the source.
func parseWhole(name string, text []byte) (Source, error) {
	var s Source
	for n, line := range bytes.Split(bytes.TrimSpace(text), []byte("\n")) {
		if n == 0 {
			var h wholeHead
			if err := json.Unmarshal(line, &h); err != nil {
				return s, fmt.Errorf("%s.jsonl:1: %w", name, err)
			}
			s = Source{Name: name, Lang: h.Lang, Style: h.Style, Maker: h.Maker, Made: h.Made, Written: true}
			if h.Source != name || h.Made == "" || h.LabelMaker == "" {
				return s, fmt.Errorf("%s.jsonl:1: source %q, made %q, label_maker %q", name, h.Source, h.Made, h.LabelMaker)
			}
			continue
		}
		var l wholeLine
		if err := json.Unmarshal(line, &l); err != nil {
			return s, fmt.Errorf("%s.jsonl:%d: %w", name, n+1, err)
		}
		s.Whole = append(s.Whole, Row{Kind: l.Kind, Stance: l.Stance, Harmful: l.Side == harness.Harmful, Cluster: s.Lang + "/" + l.Cluster,
			Prompt: l.Prompt, Response: l.Response, Finish: l.Finish, Written: true})
	}
	return s, nil
}

// pairTwins names for each written row a prompt of the other side of its cluster.
func pairTwins(rows []Row) {
	first := map[string][2]string{}
	for _, r := range rows {
		if r.Written {
			p := first[r.Cluster]
			if p[bit(r.Harmful)] == "" {
				p[bit(r.Harmful)] = r.Prompt
			}
			first[r.Cluster] = p
		}
	}
	for i, r := range rows {
		if r.Written {
			rows[i].Twin = first[r.Cluster][1-bit(r.Harmful)]
		}
	}
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}
