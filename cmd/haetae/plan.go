package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/engine"
	"github.com/sovereign-eval/haetae/results/report"
)

func (a *app) planCmd() *cobra.Command {
	var f measureFlags
	cmd := &cobra.Command{
		Use:   "plan SUITE|TASK|DIR... [-m MODEL]",
		Short: "Show what a run would do, without asking any model",
		Long: `Plan prints items, samples, tokens, licences and the resolved parameters of a run.
Tokens of prompts are estimated from their characters, on the high side. New
tokens are estimated from the newest run of the same model in the store; without
one, from what a small model needed. Beside them stands the limit that no run can
pass. Time is estimated from that run's pace, if there is one.`,
		Example: "  haetae plan quick -m ollama/smollm2:135m",
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(cmd); err != nil {
				return err
			}
			if len(args) == 0 {
				return harness.Usage(errors.New("no suite or task is named"), "Try: haetae plan quick. haetae list suites shows what there is.")
			}
			f.Tasks = args
			c, err := choose(f.protocol)
			if err != nil {
				return err
			}
			for _, n := range c.notes {
				a.warn("%s", n)
			}
			p, err := makePlan(cmd.Context(), c, &f)
			if err != nil {
				return err
			}
			return p.write(a)
		},
	}
	addMeasureFlags(cmd.Flags(), &f)
	addStoreFlag(cmd.Flags(), &f.store)
	return cmd
}

// planned is what a run would do.
type planned struct {
	Models       []string      `json:"models"`
	Epochs       int           `json:"epochs"`
	Seed         int64         `json:"seed"`
	Samples      int64         `json:"samples"` // of all models
	PromptTokens int64         `json:"prompt_tokens_estimate"`
	Expected     int64         `json:"new_tokens_estimate"`
	NewTokens    int64         `json:"new_tokens_limit"`
	Seconds      *float64      `json:"seconds_estimate"` // nil: no earlier run tells
	Tasks        []plannedTask `json:"tasks"`
}

// plannedTask is the part of one task; counts are for one model.
type plannedTask struct {
	Name         string         `json:"name"`
	Items        int            `json:"items"`
	Epochs       int            `json:"epochs"`
	Attacks      []string       `json:"attacks,omitempty"`
	Samples      int64          `json:"samples"`
	Cells        map[string]int `json:"cells,omitempty"` // items by language and side
	PromptTokens int64          `json:"prompt_tokens_estimate"`
	Expected     int64          `json:"new_tokens_estimate"`
	NewTokens    int64          `json:"new_tokens_limit"`
	Licence      string         `json:"licence"`
	Params       harness.Params `json:"params"`
	Notes        []string       `json:"notes,omitempty"`
}

func makePlan(ctx context.Context, c choice, f *measureFlags) (planned, error) {
	epochs := f.Epochs
	if epochs == 0 {
		epochs = max(c.epochs, 1)
	}
	p := planned{Models: append([]string{}, f.Models...), Epochs: epochs, Seed: f.Seed}
	params := settleParams(harness.Identity{Thinking: new(true)}, c.wish(f.Params))
	models := int64(max(len(f.Models), 1))
	before := readPast(ctx, f.store, f.Models)
	for i, t := range c.tasks {
		pt := plannedTask{Name: t.Name, Items: t.Count, Epochs: engine.EpochsPlanned(t, epochs), Attacks: t.Attacks, Licence: t.Licence, Params: params[i], Notes: t.Notes, Cells: map[string]int{}}
		left := pt.Items
		for it, err := range t.Items(ctx, f.Seed) {
			if left == 0 {
				break
			}
			if err != nil {
				return p, fmt.Errorf("read items of task %s: %w", t.Name, err)
			}
			left--
			pt.PromptTokens += promptTokens(it.Messages)
			if cell := strings.Trim(it.Lang+" "+string(it.Side), " "); cell != "" {
				pt.Cells[cell]++
			}
		}
		pt.Samples = int64(pt.Items) * int64(pt.Epochs)
		pt.PromptTokens *= int64(pt.Epochs)
		pt.NewTokens = pt.Samples * int64(params[i].MaxTokens+params[i].ThinkTokens)
		pt.Expected = before.expected(t.Name, pt.Samples, pt.NewTokens)
		p.Samples += pt.Samples * models
		p.Expected += pt.Expected * models
		p.PromptTokens += pt.PromptTokens * models
		p.NewTokens += pt.NewTokens * models
		p.Tasks = append(p.Tasks, pt)
	}
	if before.pace > 0 {
		p.Seconds = new(before.pace * float64(p.Expected))
	}
	return p, nil
}

// promptTokens estimates the tokens of a prompt on the high side, for a model
// whose vocabulary knows little Korean: three bytes a token for ASCII, one token
// for two bytes of everything else, and eight for each turn's frame.
func promptTokens(messages []harness.Message) int64 {
	n := 0
	for _, m := range messages {
		ascii, other := 0, 0
		for i := 0; i < len(m.Content); i++ {
			if m.Content[i] < 0x80 {
				ascii++
			} else {
				other++
			}
		}
		n += 8 + (ascii+2)/3 + (other+1)/2
	}
	return int64(n)
}

func (p *planned) write(a *app) error {
	if a.asJSON {
		return json.NewEncoder(a.out).Encode(p)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "task\titems\tsamples\tprompt tokens\tnew tokens\tat most\tmax tokens\tcontext\ttemperature\tlicence\t")
	for _, t := range p.Tasks {
		fmt.Fprintf(w, "%s\t%d\t%d\t≈ %d\t≈ %d\t≤ %d\t%d\t%d\t%g\t%s\t\n", t.Name, t.Items, t.Samples, t.PromptTokens, t.Expected, t.NewTokens,
			t.Params.MaxTokens, t.Params.NumCtx, value(t.Params.Temperature), t.Licence)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	who := "each model"
	if len(p.Models) > 0 {
		who = report.Clean(strings.Join(p.Models, ", "))
	}
	fmt.Fprintf(a.out, "\n%d samples for %s, epochs %d, seed %d: ≈ %d prompt tokens, ≈ %d new tokens (at most %d)\n",
		p.Samples, who, p.Epochs, p.Seed, p.PromptTokens, p.Expected, p.NewTokens)
	if p.Seconds != nil {
		fmt.Fprintf(a.out, "at the pace of the newest run: about %v\n", time.Duration(*p.Seconds*float64(time.Second)).Round(time.Second))
	} else {
		fmt.Fprintln(a.out, "time: unknown until this store has a run of the model")
	}
	for _, t := range p.Tasks {
		if t.Epochs != p.Epochs {
			fmt.Fprintf(a.out, "%s: %d epochs\n", t.Name, t.Epochs)
		}
		if len(t.Attacks) > 0 {
			fmt.Fprintf(a.out, "%s: each item also under these attacks, where they suit its language: %s\n", t.Name, report.Clean(strings.Join(t.Attacks, ", ")))
		}
		for _, n := range t.Notes {
			fmt.Fprintf(a.out, "%s: %s\n", t.Name, report.Clean(n))
		}
	}
	return nil
}
