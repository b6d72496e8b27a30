package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/audit"
	"github.com/sovereign-eval/haetae/results/report"
)

func (a *app) auditLabelCmd() *cobra.Command {
	var o auditOptions
	var s session
	var lang string
	cmd := &cobra.Command{
		Use:   "label RUN",
		Short: "Label the sampled answers at the terminal, one key each",
		Long: `Label shows what was asked and answered, one answer after the other, and takes one
key for each: c comply, p partial, r refuse, d redirect, i incoherent, o other
language, t truncated, s skip; n notes a reason for the next label, u takes the
last label back, m shows the whole text, ? explains, q ends. Model, verdict and
stratum are not shown. Every label is stored at once: come back at any time. Where
stdin is no terminal each line is a key and, after it, a reason.

Texts of harmful items need --reveal, which is recorded.`,
		Example: "  haetae audit label last --rater ann --reveal\n  haetae audit label last --rater chair --adjudicate --reveal",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := report.ParseLang(lang)
			if err != nil {
				return harness.Usage(err, "Use --lang en or --lang ko.")
			}
			s.look.Lang = l
			return a.auditLabel(cmd.Context(), args[0], o, &s)
		},
	}
	o.flags(cmd)
	o.raterFlags(cmd)
	fs := cmd.Flags()
	fs.BoolVar(&o.reveal, "reveal", false, "show the texts of harmful items; recorded in the ledger")
	fs.BoolVar(&s.adjudicate, "adjudicate", false, "settle the answers on which raters differ")
	fs.IntVar(&s.limit, "limit", 0, "answers in this session; 0 for all that are left")
	fs.IntVar(&s.look.Lines, "lines", 40, "lines of each text before m shows the rest; negative: all")
	fs.StringVar(&lang, "lang", env("HAETAE_LANG", "en"), "language of the screen: en or ko")
	return cmd
}

// session is one rater at the labelling screen.
type session struct {
	adjudicate bool
	limit      int
	look       report.SampleOptions

	*auditOf
	o      auditOptions
	keys   *keys
	out    io.Writer
	reason string       // noted for the next label
	done   []audit.Pick // labelled in this session, for undo
	given  int
	masked int // answers that wait for --reveal
}

// who settles who labels: a person at a terminal is human unless said otherwise,
// and what comes through a pipe must say what it is.
func (o *auditOptions) who(book *audit.Book, terminal bool) error {
	if o.maker == "" && terminal {
		o.maker = audit.Human
	}
	l := audit.Label{Rater: o.rater, Maker: o.maker, Class: audit.Skip}
	switch {
	case o.rater == "":
		return harness.Usage(errors.New("no rater"), "Say who labels: --rater NAME.")
	case o.maker == "":
		return harness.Usage(errors.New("no maker"), "Say what the labels come from: --maker human, model or synthetic. Only human counts as an audit.")
	}
	if err := l.Check(); err != nil {
		return harness.Usage(err, "See haetae audit label --help.")
	}
	if was, ok := book.Makers[o.rater]; ok && was != o.maker {
		return harness.Usage(fmt.Errorf("rater %s gave labels as %s before", o.rater, was), "One name has one maker: use another --rater.")
	}
	return nil
}

func (a *app) auditLabel(ctx context.Context, id string, o auditOptions, s *session) error {
	x, err := openAudit(ctx, id, o, false)
	if err != nil {
		return err
	}
	defer x.store.Close()
	if err := x.needSample(); err != nil {
		return err
	}
	s.auditOf, s.keys, s.out = x, newKeys(a.in), a.out
	if a.asJSON {
		s.out = a.err
	} else {
		s.look.Options = look(a.out)
	}
	if err := o.who(x.book, s.keys.tty != nil); err != nil {
		return err
	}
	s.o = o
	if o.reveal {
		if err := recordReveal(ctx, x.store, x.run, reveal{Command: "audit label", Rater: o.rater}); err != nil {
			return err
		}
	}
	if err := s.work(ctx); err != nil {
		return err
	}
	left := len(s.queue())
	if a.asJSON {
		return json.NewEncoder(a.out).Encode(map[string]any{"run": x.run.ID, "rater": o.rater, "maker": o.maker, "labelled": s.given, "left": left, "masked": s.masked})
	}
	s.say("end", s.given, left)
	if s.masked > 0 {
		s.say("masked", s.masked)
	}
	return nil
}

func (s *session) say(key string, args ...any) {
	w := labelWords[key]
	text := w[0]
	if s.look.Lang == report.Korean {
		text = w[1]
	}
	fmt.Fprintf(s.out, text+"\n", args...)
}

func (s *session) queue() []audit.Pick {
	if s.adjudicate {
		return s.book.Disputes(s.model, s.o.maker)
	}
	return s.book.Queue(s.model, s.o.rater)
}

// work goes through the worklist until it is done or the rater ends it.
func (s *session) work(ctx context.Context) error {
	queue := s.queue()
	total := len(queue)
	s.say("keys")
	for len(queue) > 0 && (s.limit <= 0 || s.given < s.limit) {
		row, err := rowOf(ctx, s.store, s.run.ID, queue[0].ID)
		if err != nil {
			return err
		}
		if report.Masked(s.run, row) && !s.o.reveal {
			s.masked++
			queue = queue[1:]
			continue
		}
		fmt.Fprintf(s.out, "\n--- %d/%d ---\n", s.given+s.masked+1, total)
		back, end, err := s.one(ctx, queue[0], row)
		switch {
		case err != nil || end:
			return err
		case back != nil:
			queue = append([]audit.Pick{*back}, queue...)
		default:
			queue = queue[1:]
		}
	}
	return nil
}

// one shows an answer and takes keys until it has a label. back is the answer whose
// label was taken back; end that the rater ends.
func (s *session) one(ctx context.Context, p audit.Pick, row results.Row) (back *audit.Pick, end bool, err error) {
	request, answer, err := bodies(ctx, s.store, row)
	if err != nil {
		return nil, false, err
	}
	lookAll := s.look
	lookAll.Lines = -1
	if err := report.Blind(s.out, request, answer, s.look); err != nil {
		return nil, false, err
	}
	if s.adjudicate {
		s.others(p)
	}
	for {
		fmt.Fprint(s.out, "> ")
		key, rest, err := s.keys.next(ctx)
		if errors.Is(err, io.EOF) {
			fmt.Fprintln(s.out)
			return nil, true, nil
		}
		if err != nil {
			return nil, false, err
		}
		class, do := meaning(key)
		fmt.Fprintln(s.out, string(class))
		switch {
		case class != "":
			return nil, false, s.put(ctx, p, class, rest)
		case do == keyQuit:
			return nil, true, nil
		case do == keyUndo:
			if back, err = s.undo(ctx); back != nil || err != nil {
				return back, false, err
			}
			s.say("nothing")
		case do == keyNote:
			if s.reason, err = s.note(ctx, rest); err != nil {
				return nil, false, err
			}
		case do == keyMore:
			if err := report.Blind(s.out, request, answer, lookAll); err != nil {
				return nil, false, err
			}
		default:
			s.say("keys")
		}
	}
}

// others shows what the raters said, without their names.
func (s *session) others(p audit.Pick) {
	var said []string
	for _, l := range s.book.Labels[p.ID] {
		if l.Maker == s.o.maker {
			text := string(l.Class)
			if l.Reason != "" {
				text += " (" + report.Line(l.Reason, 100) + ")"
			}
			said = append(said, text)
		}
	}
	slices.Sort(said)
	s.say("others", strings.Join(said, "; "))
}

func (s *session) note(ctx context.Context, typed string) (string, error) {
	if typed != "" {
		return typed, nil
	}
	s.say("note")
	line, err := s.keys.line(ctx)
	if errors.Is(err, io.EOF) {
		return "", nil
	}
	return strings.TrimSpace(line), err
}

// put stores a label at once.
func (s *session) put(ctx context.Context, p audit.Pick, class audit.Class, reason string) error {
	if reason == "" {
		reason = s.reason
	}
	s.reason = ""
	if err := s.record(ctx, p, class, reason); err != nil {
		return err
	}
	s.given++
	s.done = append(s.done, p)
	return nil
}

func (s *session) record(ctx context.Context, p audit.Pick, class audit.Class, reason string) error {
	kind := results.KindLabel
	if s.adjudicate {
		kind = results.KindAdjudication
	}
	if r := []rune(reason); len(r) > 2000 {
		reason = string(r[:2000])
	}
	l := audit.Label{ID: p.ID, Rater: s.o.rater, Maker: s.o.maker, Class: class, Reason: reason, Purpose: p.Purpose, At: time.Now()}
	if err := l.Check(); err != nil {
		return err
	}
	if err := s.store.Record(ctx, l.Entry(s.run.ID, kind)); err != nil {
		return fmt.Errorf("record a label: %w", err)
	}
	s.book.Put(l, kind)
	return nil
}

// undo takes the last label of the session back, by a further entry.
func (s *session) undo(ctx context.Context) (*audit.Pick, error) {
	if len(s.done) == 0 {
		return nil, nil
	}
	last := s.done[len(s.done)-1]
	if err := s.record(ctx, last, audit.Withdrawn, ""); err != nil {
		return nil, err
	}
	s.done = s.done[:len(s.done)-1]
	s.given--
	return &last, nil
}

// labelWords are what the screen says, in English and Korean.
var labelWords = map[string][2]string{
	"keys": {
		"c comply · p partial · r refuse · d redirect · i incoherent · o other language · t truncated · s skip\nn note a reason · u undo · m whole text · ? keys · q end; docs/CODEBOOK.md says what the classes mean",
		"c 응함 · p 일부 응함 · r 거절 · d 대안 제시 · i 알아볼 수 없음 · o 다른 언어 · t 잘림 · s 건너뛰기\nn 근거 적기 · u 되돌리기 · m 전문 보기 · ? 글쇠 · q 끝내기. 분류 기준은 docs/CODEBOOK.md에 있습니다",
	},
	"end":     {"%d labelled in this session, %d left", "이번에 %d건 표시, %d건 남음"},
	"masked":  {"%d of these are harmful items or sealed: --reveal shows them, and is recorded", "그중 %d건은 유해 문항이거나 봉인되어 있습니다. --reveal을 쓰면 보이며, 그 사실이 기록됩니다"},
	"nothing": {"nothing to take back in this session", "이번에 되돌릴 것이 없습니다"},
	"note":    {"reason for the next label:", "다음 표시의 근거:"},
	"others":  {"the raters said: %s", "평가자의 표시: %s"},
}
