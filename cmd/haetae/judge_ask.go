package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"sync"
	"time"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/engine"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
)

// bench is an opened judge: its model is loaded and known.
type bench struct {
	judgeSpec
	opened
	id      harness.Hash
	session string
}

// openJudge loads a judge's model and reads what it is.
func openJudge(ctx context.Context, s judgeSpec, set server, session string, trouble func(string)) (*bench, error) {
	var wish []harness.Params
	for _, f := range s.protocol.Forms {
		wish = append(wish, s.protocol.FormParams(f.Name))
	}
	o, err := s.open(ctx, set, wish, nil, trouble)
	if err != nil {
		o.close()
		return nil, fmt.Errorf("open judge %s: %w", s.spec, err)
	}
	return &bench{judgeSpec: s, opened: o, id: s.protocol.ID(o.phase.Identity), session: session}, nil
}

// docket is what a judge is asked: cases by number, in the order of asking, each
// under the form that its protocol has for it.
type docket struct {
	forms []int // form of each case
	at    func(ctx context.Context, i int) (judge.Case, error)
	name  func(i int) string // of a case, for progress
	seed  int64
}

// answered is one case with what the judge made of it.
type answered struct {
	Case    int
	Verdict analysis.JudgeVerdict
}

// ask puts the docket to the judge through its dispatcher, as a run puts items
// to a subject: with drain, retries, and an identity that must not change. done
// is called for every case after it was answered or given up.
func (a *app) ask(ctx context.Context, b *bench, d docket, drain time.Duration, done func(context.Context, answered) error) (engine.Summary, error) {
	progress := &oneAtATime{sink: a.newProgress()}
	plan := engine.Plan{
		Run: b.session, Seed: d.seed, Epochs: 1, Drain: drain, Hard: a.hard, Sinks: []harness.Sink{progress},
		Tasks: b.tasks(d), Record: verdictRecord{bench: b, done: done},
		Models: []engine.Model{{Name: b.spec, Open: func(context.Context) (engine.Phase, error) {
			phase := b.phase
			phase.Canary = engine.Canary{}
			return phase, nil
		}}},
	}
	sum, err := engine.Run(ctx, plan)
	return sum, errors.Join(err, progress.Close())
}

// tasks makes one task of every form, in which the cases stand as items.
func (b *bench) tasks(d docket) []*harness.Task {
	places := make([][]int, len(b.protocol.Forms))
	for i, f := range d.forms {
		places[f] = append(places[f], i)
	}
	var out []*harness.Task
	for f, form := range b.protocol.Forms {
		out = append(out, &harness.Task{
			Name: b.protocol.Name + "/" + form.Name, Digest: b.id, Count: len(places[f]),
			Items: func(ctx context.Context, seed int64) iter.Seq2[harness.Item, error] {
				return func(yield func(harness.Item, error) bool) {
					for _, i := range places[f] {
						if !yield(b.item(ctx, d, i)) {
							return
						}
					}
				}
			},
		})
	}
	return out
}

// item renders one case.
func (b *bench) item(ctx context.Context, d docket, i int) (harness.Item, error) {
	c, err := d.at(ctx, i)
	if err != nil {
		return harness.Item{}, err
	}
	ask, err := b.protocol.Render(c, d.seed)
	if err != nil {
		return harness.Item{}, err
	}
	return harness.Item{ID: d.name(i), Variant: strconv.Itoa(i), Messages: ask.Messages, Fields: harness.Fields{"ask": ask, "case": i}}, nil
}

// verdictRecord turns answered items into verdicts. It is the engine's record:
// what it has taken is durable. Nothing is ever found in it, because cases that
// have a verdict are not put on the docket.
type verdictRecord struct {
	bench *bench
	done  func(context.Context, answered) error
}

func (verdictRecord) Stored(context.Context) iter.Seq2[engine.Stored, error] {
	return func(func(engine.Stored, error) bool) {}
}

func (r verdictRecord) Append(ctx context.Context, s harness.Sample) error {
	ask, i := s.Item.Fields["ask"].(judge.Ask), s.Item.Fields["case"].(int)
	return r.done(ctx, answered{Case: i, Verdict: r.bench.verdict(ask, s)})
}

// verdict reads what the judge said.
func (b *bench) verdict(ask judge.Ask, s harness.Sample) analysis.JudgeVerdict {
	p, id := b.protocol, b.phase.Identity
	v := analysis.JudgeVerdict{
		Judge: b.spec, ID: b.id, Model: id.ModelDigest(), Family: p.FamilyOf(id), Protocol: p.Name, ProtocolHash: p.Hash(),
		Form: p.Forms[s.Task].Name, Session: b.session, Question: string(p.Question), Maker: "model",
	}
	if s.Status == harness.Errored {
		v.Unscored, v.Cause = judge.Errored, s.Cause
		return v
	}
	a := s.Response
	r := ask.Read(a.Text, a.Finish)
	v.Vote, v.Codes, v.Said, v.Unscored = r.Vote, r.Codes, r.Said, r.Unscored
	v.Raw, v.Finish, v.Seconds, v.PromptTokens, v.Tokens = a.Text, a.Finish, a.Wall.Seconds(), a.PromptTokens, a.OutputTokens
	return v
}

// tallyOf counts verdicts while they come in, from many goroutines.
type tallyOf struct {
	mu       sync.Mutex
	asked    int
	votes    map[string]int
	unscored map[string]int
}

func (t *tallyOf) add(v analysis.JudgeVerdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.votes == nil {
		t.votes, t.unscored = map[string]int{}, map[string]int{}
	}
	t.asked++
	if v.Unscored != "" {
		t.unscored[v.Unscored]++
		return
	}
	t.votes[v.Vote]++
}
