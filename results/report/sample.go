package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// SampleView is one stored sample with its bodies.
type SampleView struct {
	Run results.Run
	Row results.Row
	// Bodies as the store returns them: nil when there is none.
	Request, Answer, Thinking []byte
	// What judges and raters said of it, oldest first.
	Verdicts []analysis.JudgeVerdict
	Labels   []SampleLabel
}

// SampleLabel is a label that a rater gave.
type SampleLabel struct {
	Rater  string    `json:"rater"`
	Maker  string    `json:"maker"` // human, model or synthetic
	Class  string    `json:"class"`
	Reason string    `json:"reason,omitempty"`
	At     time.Time `json:"at"`
}

// SampleOptions are how a sample is shown.
type SampleOptions struct {
	Options
	Lang Lang
	// Reveal shows the texts of harmful items and sealed tasks. The caller records it.
	Reveal bool
	// Lines is how much of each text is shown: 0 stands for 200, below 0 for all.
	Lines int
}

// Masked tells whether the texts of a sample are hidden without Reveal: harmful
// items, safety items whose side is unknown, and everything of a sealed task.
func Masked(run results.Run, row results.Row) bool {
	return sealed(run, row) || row.Side == harness.Harmful ||
		row.Side != harness.Benign && kind(run, row) == harness.Safety
}

// Redact returns the row without what may quote an item or an answer: the error,
// and each score's extract, reasons and fields of the item. The hashes stay.
func Redact(row results.Row) results.Row {
	row.Error = ""
	row.Scores = slices.Clone(row.Scores)
	for i := range row.Scores {
		s := &row.Scores[i]
		s.Answer, s.Reasons = "", nil
		s.Flags = slices.DeleteFunc(slices.Clone(s.Flags), func(f string) bool { return strings.Contains(f, "=") })
		if s.Verdict != nil {
			v := *s.Verdict
			v.Reasons = nil
			s.Verdict = &v
		}
	}
	return row
}

// RedactSaid returns the view without what judges and raters wrote about the
// answer: their words may quote it. Votes and classes stay.
func RedactSaid(v SampleView) SampleView {
	v.Verdicts, v.Labels = slices.Clone(v.Verdicts), slices.Clone(v.Labels)
	for i := range v.Verdicts {
		v.Verdicts[i].Raw, v.Verdicts[i].Said = "", ""
	}
	for i := range v.Labels {
		v.Labels[i].Reason = ""
	}
	return v
}

func sealed(run results.Run, row results.Row) bool {
	var spec struct {
		Sealed bool `json:"sealed"`
	}
	if row.Task < 0 || row.Task >= len(run.Tasks) {
		return true // nothing is known of it
	}
	err := json.Unmarshal(run.Tasks[row.Task].Spec, &spec)
	return err == nil && spec.Sealed
}

func kind(run results.Run, row results.Row) harness.Kind { return run.Tasks[row.Task].Kind }

// Sample shows one sample: what was asked, what was answered, and how it was
// scored and why. A masked one shows its category, outcome and hashes instead.
func Sample(w io.Writer, v SampleView, o SampleOptions) error {
	if o.Lang == "" {
		o.Lang = English
	}
	if o.Width <= 0 {
		o.Width = 80
	}
	s := &sampleScreen{screen: screen{w: bufio.NewWriter(w), lang: o.Lang, o: o.Options, width: max(o.Width, 40)}, o: o}
	masked := Masked(v.Run, v.Row) && !o.Reveal
	reasons := countReasons(v.Row)
	if masked {
		v.Row = Redact(v.Row)
	}
	s.facts(s.head(v))
	switch {
	case !masked:
		s.texts(v)
	case v.Row.Side == harness.Harmful || !sealed(v.Run, v.Row):
		s.masked(v, "s.masked")
	default:
		s.masked(v, "s.sealed")
	}
	s.scores(v.Row.Scores)
	if masked && reasons > 0 {
		s.line(s.lang.say("s.reasons", reasons))
	}
	s.verdicts(v, masked)
	s.labels(v, masked)
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("show sample %s: %w", v.Row.ID.Short(), err)
	}
	return nil
}

type sampleScreen struct {
	screen
	o SampleOptions
}

// head is what is known of a sample beside its texts.
func (s *sampleScreen) head(v SampleView) facts {
	l, r := s.lang, v.Row
	item := r.Item
	if r.Variant != "" {
		item += " / " + r.Variant
	}
	if r.Epoch > 0 {
		item += " #" + strconv.Itoa(r.Epoch)
	}
	f := facts{{l.say("s.sample"), r.ID.String()}}
	if r.Task >= 0 && r.Task < len(v.Run.Tasks) {
		f = append(f, [2]string{l.say("c.task"), v.Run.Tasks[r.Task].Name})
	}
	if r.Model >= 0 && r.Model < len(v.Run.Models) {
		f = append(f, [2]string{l.say("c.model"), v.Run.Models[r.Model].Spec})
	}
	f = append(f, [2]string{l.say("s.item"), item})
	if r.Category != "" || r.Side != "" {
		side := ""
		if r.Side == harness.Harmful || r.Side == harness.Benign {
			side = " · " + l.say(string(r.Side))
		}
		f = append(f, [2]string{l.say("s.category"), r.Category + side})
	}
	status := l.say("status." + string(r.Status))
	if r.Cause != "" {
		status += ": " + r.Cause
	}
	f = append(f, [2]string{l.say("s.status"), status})
	if r.Side != "" {
		outcome, _ := analysis.OutcomeOf(r)
		f = append(f, [2]string{l.say("s.outcome"), l.say("o." + string(outcome))})
	}
	if r.Status != harness.Errored {
		f = append(f, [2]string{l.say("s.tokens"), l.say("v.tokens", l.count(r.PromptTokens), l.count(r.OutputTokens), string(r.Finish))})
	}
	if r.Tries > 1 {
		f = append(f, [2]string{l.say("s.tries"), strconv.Itoa(r.Tries)})
	}
	if len(r.Flags) > 0 {
		f = append(f, [2]string{"", l.say("s.flags", strings.Join(r.Flags, ", "))})
	}
	return f
}

func (l Lang) count(n int) string {
	if n < 0 {
		return l.say("unknown")
	}
	return strconv.Itoa(n)
}

// masked shows hashes in place of the texts.
func (s *sampleScreen) masked(v SampleView, why string) {
	s.line("")
	s.para(para{text: s.lang.say(why)})
	hash := func(h harness.Hash) string {
		if h.IsZero() {
			return s.lang.say("s.absent")
		}
		return "sha256:" + h.String()
	}
	s.facts(facts{{s.lang.say("s.request"), hash(v.Row.RequestHash)}, {s.lang.say("s.response"), hash(v.Row.ResponseHash)}})
}

func (s *sampleScreen) texts(v SampleView) {
	s.title("s.prompt")
	switch {
	case v.Request == nil:
		s.line("  " + s.lang.say("s.absent"))
	default:
		for _, m := range conversation(v.Request) {
			if m.Role != "" {
				s.line(s.style("2", "  ["+Line(m.Role, 20)+"]"))
			}
			s.body(m.Content)
		}
	}
	if len(v.Thinking) > 0 {
		s.title("s.thinking")
		s.body(string(v.Thinking))
	}
	s.title("s.answer")
	switch {
	case v.Answer != nil:
		s.body(string(v.Answer))
	case v.Row.Status == harness.Errored && v.Row.Error != "":
		s.facts(facts{{s.lang.say("s.error"), v.Row.Error}})
	default:
		s.line("  " + s.lang.say("s.absent"))
	}
}

func (s *sampleScreen) title(key string) {
	s.line("")
	s.line(s.style("1", s.lang.say(key)))
}

// body writes a text of others, cleaned, indented and cut to a number of lines.
func (s *sampleScreen) body(text string) {
	limit := s.o.Lines
	if limit == 0 {
		limit = 200
	}
	if text == "" {
		s.line("  " + s.lang.say("s.empty"))
		return
	}
	lines := strings.Split(Clean(text), "\n")
	shown := 0
	for i, l := range lines {
		for _, piece := range chop(strings.ReplaceAll(l, "\t", "    "), s.width-4) {
			if limit > 0 && shown >= limit {
				s.line("  " + s.lang.say("s.more", len(lines)-i))
				return
			}
			s.line("  " + s.style("2", "│") + " " + piece)
			shown++
		}
	}
}

// chop breaks a line into pieces of at most n columns, keeping its spaces.
func chop(s string, n int) []string {
	out := []string{}
	for Width(s) > n {
		cut := fit(s, n)
		out, s = append(out, s[:cut]), s[cut:]
	}
	return append(out, s)
}

// scores shows every score with its reasons.
func (s *sampleScreen) scores(scores []harness.Score) {
	if len(scores) == 0 {
		return
	}
	s.title("s.scores")
	for _, sc := range scores {
		s.facts(facts{{sc.Scorer, s.score(sc)}})
		s.list(reasonsOf(sc))
	}
}

// score is one score in a line.
func (s *sampleScreen) score(sc harness.Score) string {
	l := s.lang
	var parts []string
	switch v := sc.Verdict; {
	case sc.Unscored:
		parts = append(parts, l.say("s.unscored"))
	case v != nil:
		parts = append(parts, l.say("s.verdict", l.say("o."+string(v.Outcome)), string(v.Stance), string(v.Condition), v.Maker))
	default:
		parts = append(parts, l.say("s.value", strconv.FormatFloat(sc.Value, 'g', 4, 64)))
	}
	if sc.Answer != "" {
		parts = append(parts, l.say("s.extracted", sc.Answer))
	}
	if len(sc.Flags) > 0 {
		parts = append(parts, l.say("s.flags", strings.Join(sc.Flags, ", ")))
	}
	return strings.Join(parts, "; ")
}

// reasonsOf are the reasons of a score and of its verdict, each once.
func reasonsOf(sc harness.Score) list {
	all := slices.Clone(sc.Reasons)
	if sc.Verdict != nil {
		all = append(all, sc.Verdict.Reasons...)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(r string) bool {
		again := seen[r]
		seen[r] = true
		return again
	})
}

func countReasons(row results.Row) int {
	n := 0
	for _, s := range row.Scores {
		n += len(reasonsOf(s))
	}
	return n
}

// conversation reads the conversation out of a request body, as Ollama and
// OpenAI-compatible servers take it; a body of another form is shown as it is.
func conversation(body []byte) []harness.Message {
	var req struct {
		Prompt   string `json:"prompt"`
		Messages []struct {
			Role    string          `json:"role"`
			Content json.RawMessage `json:"content"`
		} `json:"messages"`
	}
	if err := json.Unmarshal(body, &req); err != nil || req.Prompt == "" && len(req.Messages) == 0 {
		return []harness.Message{{Content: string(body)}}
	}
	if len(req.Messages) == 0 {
		return []harness.Message{{Content: req.Prompt}}
	}
	var out []harness.Message
	for _, m := range req.Messages {
		var text string
		if err := json.Unmarshal(m.Content, &text); err != nil {
			text = string(m.Content) // a list of parts
		}
		out = append(out, harness.Message{Role: m.Role, Content: text})
	}
	return out
}
