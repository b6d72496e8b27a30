package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/harness/engine"
	"github.com/sovereign-eval/haetae/results"
)

// canaries is the number of requests that are repeated at the end of a model's
// phase to measure how stable its answers are.
const canaries = 4

func (a *app) runCmd() *cobra.Command {
	var f measureFlags
	cmd := &cobra.Command{
		Use:   "run SUITE|TASK|DIR... -m MODEL",
		Short: "Measure models, then print the report",
		Long: `Run asks every item of the tasks, keeps each answer durably before it counts, and
prints the report at the end. The first line on stdout is "run ID".

A first interrupt stops feeding and waits for samples in flight; a second one
cancels them. --resume continues a run that was stopped or killed.`,
		Example: `  haetae run quick -m ollama/smollm2:135m
  haetae run ./sums -m qwen3:8b --endpoint http://gpu1:11434 --endpoint http://gpu2:11434
  haetae run --resume last`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.run(cmd, args, &f) },
	}
	fs := cmd.Flags()
	addMeasureFlags(fs, &f)
	addStoreFlag(fs, &f.store)
	fs.StringVar(&f.resume, "resume", "", "continue a run: its ID, a unique prefix of it, or last")
	return cmd
}

// run is one call of the command.
func (a *app) run(cmd *cobra.Command, args []string, f *measureFlags) error {
	if err := f.check(cmd); err != nil {
		return err
	}
	if f.resume == "" && len(args) == 0 {
		return harness.Usage(errors.New("no suite or task is named"), "Try: haetae run quick -m ollama/smollm2:135m. haetae list suites shows what there is.")
	}
	ctx := cmd.Context()
	var m *measurement
	var err error
	if f.resume != "" {
		m, err = a.resume(ctx, cmd, args, f)
	} else {
		m, err = a.start(ctx, args, f)
	}
	if err != nil {
		return err
	}
	defer m.store.Close()
	if !a.asJSON {
		fmt.Fprintf(a.out, "run %s\n", m.run.ID)
	}
	switch {
	case m.finished:
		return a.conclude(ctx, m, f.lang, nil)
	case m.changed != nil: // nothing is sent
		return a.conclude(ctx, m, f.lang, errors.Join(m.changed, m.close(engine.Summary{}, m.changed)))
	}
	return a.conclude(ctx, m, f.lang, m.measure(ctx, a))
}

// measurement is a run with all that is needed to carry it on.
type measurement struct {
	store results.Store
	run   results.Run
	tasks []*harness.Task
	// batteries and whole have one place per task: what stands beside the rates of a
	// safety task, and the task before a suite selected its items.
	batteries []*results.Battery
	whole     []harness.Task
	subjects  []subject
	wish      []harness.Params // asked for, one per task
	set       server
	drain     time.Duration
	finished  bool
	changed   error // of a resume: the servers are not what they were
	meta      meta  // of earlier calls, then of this one too
}

// start prepares a new run. Nothing is written before servers and tasks are
// known to be good.
func (a *app) start(ctx context.Context, args []string, f *measureFlags) (*measurement, error) {
	f.Tool, f.Tasks, f.Data = buildVersion(), absolute(args), absolute(f.Data)
	m, err := a.prepare(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := m.baselines(ctx); err != nil {
		return nil, err
	}
	if m.store, err = makeStore(f.store); err != nil {
		return nil, err
	}
	m.run = results.Run{
		ID: newRunID(time.Now()), State: results.Running, Started: time.Now().UTC(), Seed: f.Seed, Epochs: f.Epochs,
		Planned: m.plan().Planned(), Protocol: f.protocol.json(), Tasks: runTasks(m.tasks, m.batteries),
	}
	for _, s := range m.subjects {
		m.run.Models = append(m.run.Models, results.Model{Spec: s.spec, Identity: harness.Identity{Runner: s.runner, Name: s.name}})
	}
	if err := m.store.Create(ctx, m.run); err != nil {
		m.store.Close()
		return nil, fmt.Errorf("create run: %w", err)
	}
	return m, nil
}

// prepare loads the tasks and asks every server whether it has its model.
func (a *app) prepare(ctx context.Context, f *measureFlags) (*measurement, error) {
	chosen, err := choose(f.protocol)
	if err != nil {
		return nil, err
	}
	for _, n := range chosen.notes {
		a.warn("%s", n)
	}
	if chosen.epochs > 0 && f.Epochs == 0 {
		f.Epochs = chosen.epochs
	}
	f.Epochs = max(f.Epochs, 1)
	subjects, err := parseSubjects(f.Models, f.Endpoints)
	if err != nil {
		return nil, err
	}
	for _, s := range subjects {
		if err := s.check(ctx); err != nil {
			return nil, err
		}
	}
	f.set.slots = f.Slots
	for _, s := range subjects {
		ids, err := s.outlines(ctx, f.set)
		if err == nil {
			err = s.agree(ids)
		}
		if err != nil {
			return nil, err
		}
	}
	m := &measurement{tasks: chosen.tasks, subjects: subjects, set: f.set, drain: f.drain, wish: chosen.wish(f.Params),
		batteries: chosen.battery, whole: chosen.whole}
	m.run.Seed, m.run.Epochs = f.Seed, f.Epochs
	m.run.Protocol = f.protocol.json()
	return m, nil
}

// resume finds the run to be continued. Without one, --resume last starts it.
func (a *app) resume(ctx context.Context, cmd *cobra.Command, args []string, f *measureFlags) (*measurement, error) {
	if f.resume == "last" && len(args) > 0 && missing(f.store) {
		return a.start(ctx, args, f)
	}
	store, err := openStore(f.store, false)
	if err != nil {
		return nil, err
	}
	old, err := findRun(ctx, store, f.resume, f.store)
	if errors.Is(err, results.ErrNotFound) && f.resume == "last" && len(args) > 0 {
		store.Close()
		return a.start(ctx, args, f)
	}
	var m *measurement
	if err == nil {
		m, err = a.reopen(ctx, cmd, args, f, store, old)
	}
	if err != nil {
		store.Close()
		return nil, err
	}
	return m, nil
}

// reopen prepares an existing run under its own protocol.
func (a *app) reopen(ctx context.Context, cmd *cobra.Command, args []string, f *measureFlags, store results.Store, old results.Run) (*measurement, error) {
	var p protocol
	if err := json.Unmarshal(old.Protocol, &p); err != nil {
		return nil, fmt.Errorf("read protocol of run %s: %w", old.ID, err)
	}
	if err := f.matches(cmd, args, p); err != nil {
		return nil, err
	}
	switch old.State {
	case results.Complete:
		return &measurement{store: store, run: old, finished: true}, nil
	case results.Void:
		return nil, &harness.HintError{Err: fmt.Errorf("run %s is void: %s", old.ID, old.Reason),
			Hint: "A void run cannot be continued: start a new one.", Exit: harness.ExitIncomplete}
	}
	endpoints, slots := f.Endpoints, f.Slots
	f.protocol = p
	if cmd.Flags().Changed("endpoint") {
		f.Endpoints = endpoints
	}
	if cmd.Flags().Changed("slots") {
		f.Slots = slots
	}
	m, err := a.prepare(ctx, f)
	if err != nil {
		return nil, err
	}
	if err := sameTasks(m.tasks, old.Tasks); err != nil {
		return nil, err
	}
	repeatAs(m.tasks, old.Tasks)
	m.store, m.run, m.meta = store, old, oldMeta(old.Meta)
	if m.changed, err = m.changes(ctx); m.changed != nil || err != nil {
		return m, err
	}
	if _, err := store.Forget(ctx, old.ID); err != nil {
		return nil, fmt.Errorf("resume %s: %w", old.ID, err)
	}
	m.run.Resumes++
	m.run.State, m.run.Reason, m.run.Ended = results.Running, "", time.Time{}
	return m, store.Update(ctx, m.run)
}

// changes compares the servers with what the run measured before it goes on; a
// difference voids it. The rest of the identity is compared when a model is open.
func (m *measurement) changes(ctx context.Context) (void, err error) {
	for i, s := range m.subjects {
		before := m.before(i)
		if before == nil {
			continue
		}
		now, err := s.outlines(ctx, m.set)
		if err != nil {
			return nil, err
		}
		if void := s.kept(*before, now); void != nil {
			return void, nil
		}
	}
	return nil, nil
}

// sameTasks refuses to continue with tasks that are not those of the run.
func sameTasks(now []*harness.Task, was []results.Task) error {
	if len(now) != len(was) {
		return fmt.Errorf("resume: the run has %d tasks, now there are %d", len(was), len(now))
	}
	for i, t := range now {
		if t.Digest != was[i].Digest {
			return harness.Hint(fmt.Errorf("resume: task %s is not what it was (digest %s, now %s)", t.Name, was[i].Digest.Short(), t.Digest.Short()),
				"Restore its files, or start a new run.")
		}
	}
	return nil
}

// repeatAs takes the repetitions of each task from the run.
func repeatAs(now []*harness.Task, was []results.Task) {
	for i, t := range now {
		t.Epochs = was[i].Epochs
	}
}

// plan makes the engine's plan of the measurement.
func (m *measurement) plan() *engine.Plan {
	plan := &engine.Plan{
		Run: m.run.ID, Seed: m.run.Seed, Epochs: m.run.Epochs, Tasks: m.tasks,
		Drain: m.drain, Canaries: canaries, Record: record{m.store, m.run.ID},
	}
	for range m.subjects {
		plan.Models = append(plan.Models, engine.Model{})
	}
	return plan
}

// measure runs the engine and keeps the state of the run.
func (m *measurement) measure(ctx context.Context, a *app) error {
	progress := &oneAtATime{sink: a.newProgress()}
	plan := m.plan()
	plan.Hard, plan.Sinks = a.hard, []harness.Sink{progress}
	var last opened
	for i, s := range m.subjects {
		plan.Models[i] = engine.Model{Name: s.spec, Open: func(ctx context.Context) (engine.Phase, error) {
			last.close()
			var err error
			last, err = s.open(ctx, m.set, m.wish, m.before(i), func(msg string) {
				_ = progress.Put(ctx, harness.Event{Kind: harness.Trouble, Time: time.Now(), Run: m.run.ID, Model: s.spec, Message: msg})
			})
			return last.phase, err
		}}
	}
	plan.Opened = func(i int, p engine.Phase) error { return m.opened(ctx, i, p) }
	plan.Closed = func(i int, id harness.Identity, _ []harness.Difference) error {
		m.run.Models[i].End = &id
		return nil
	}
	sum, err := engine.Run(ctx, *plan)
	last.close()
	err = errors.Join(err, progress.Close())
	return errors.Join(err, m.close(sum, err))
}

// before is the identity that a model had when the run measured it first; nil
// when it did not yet. Parameters are kept together with the identity.
func (m *measurement) before(i int) *harness.Identity {
	if model := &m.run.Models[i]; model.Params != nil {
		return &model.Identity
	}
	return nil
}

// opened keeps the identity and parameters of a model.
func (m *measurement) opened(ctx context.Context, i int, p engine.Phase) error {
	model := &m.run.Models[i]
	model.Identity, model.Params = p.Identity, p.Params
	return m.store.Update(context.WithoutCancel(ctx), m.run)
}

// close keeps how the run ended.
func (m *measurement) close(sum engine.Summary, err error) error {
	m.run.Ended = time.Now().UTC()
	m.meta.Phases = append(m.meta.Phases, sum.Phases...)
	m.run.Meta = m.meta.json()
	switch {
	case errors.Is(err, harness.ErrVoid):
		m.run.State, m.run.Reason = results.Void, err.Error()
	case errors.Is(err, errInterrupted):
		m.run.State, m.run.Reason = results.Interrupted, err.Error()
	case err != nil:
		m.run.State, m.run.Reason = results.Incomplete, err.Error()
	case sum.Undone > 0 || sum.Errored > 0:
		m.run.State, m.run.Reason = results.Incomplete, fmt.Sprintf("%d samples in error, %d undone", sum.Errored, sum.Undone)
	default:
		m.run.State = results.Complete
	}
	if uerr := m.store.Update(context.Background(), m.run); uerr != nil {
		return fmt.Errorf("keep the state of run %s: %w", m.run.ID, uerr)
	}
	return nil
}

// conclude prints the report and turns what happened into the exit code.
func (a *app) conclude(ctx context.Context, m *measurement, lang string, err error) error {
	ctx = context.WithoutCancel(ctx) // the report is wanted after an interrupt too
	if rerr := a.print(ctx, m.store, m.run, reportOptions{format: "text", lang: lang}); rerr != nil {
		return errors.Join(err, rerr)
	}
	switch {
	case errors.Is(err, harness.ErrVoid):
		return &harness.HintError{Err: err, Hint: "The run is void: two different things were measured. Start a new one.", Exit: harness.ExitIncomplete}
	case errors.Is(err, errInterrupted):
		return &harness.HintError{Err: err, Hint: "Continue with: haetae run --resume " + m.run.ID, Exit: harness.ExitInterrupted}
	case err != nil:
		return resumable(err, m.run.ID)
	case m.run.State == results.Incomplete:
		return &harness.HintError{Err: fmt.Errorf("run %s is incomplete: %s", m.run.ID, m.run.Reason),
			Hint: "Ask what is missing again with: haetae run --resume " + m.run.ID, Exit: harness.ExitIncomplete}
	}
	return nil
}

// resumable adds how to go on to an error that ended a run; a server that stayed
// away keeps its own exit code.
func resumable(err error, id string) error {
	exit := harness.ExitError
	if h, ok := errors.AsType[*harness.HintError](err); ok && h.Exit != 0 {
		exit = h.Exit
	} else if f, ok := errors.AsType[*harness.Fault](err); ok && f.Kind == harness.EndpointFault {
		exit = harness.ExitIncomplete
	}
	hint := "Continue with: haetae run --resume " + id
	if h, ok := errors.AsType[*harness.HintError](err); ok && h.Hint != "" {
		hint = h.Hint + " " + hint
	}
	return &harness.HintError{Err: err, Hint: hint, Exit: exit}
}

// meta is what Run.Meta holds.
type meta struct {
	Phases  []engine.PhaseSummary `json:"phases"`
	Reveals json.RawMessage       `json:"reveals,omitempty"` // of stores that had no ledger
}

func (m meta) json() json.RawMessage {
	b, err := json.Marshal(m)
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return b
}

func oldMeta(raw json.RawMessage) meta {
	var m meta
	_ = json.Unmarshal(raw, &m) // absent in a run that was killed: nothing is known then
	return m
}

// runTasks describes the tasks for the record.
func runTasks(tasks []*harness.Task, batteries []*results.Battery) []results.Task {
	var out []results.Task
	for i, t := range tasks {
		out = append(out, results.Task{
			Name: t.Name, Title: t.Title, Version: t.Version, Kind: t.Kind, Digest: t.Digest, Data: t.DataDigest, Path: t.Path,
			Count: t.Count, Licence: t.Licence, Source: t.Source, Spec: t.Spec, Metrics: t.Metrics, Notes: t.Notes,
			Epochs: t.Epochs, Battery: batteries[i],
		})
	}
	return out
}

// record is the engine's view of the store.
type record struct {
	store results.Store
	run   string
}

func (r record) Append(ctx context.Context, s harness.Sample) error {
	return r.store.Append(ctx, r.run, s)
}

func (r record) Stored(ctx context.Context) iter.Seq2[engine.Stored, error] {
	return func(yield func(engine.Stored, error) bool) {
		for d, err := range r.store.Done(ctx, r.run) {
			if !yield(engine.Stored{Index: d.Index, ID: d.ID}, err) {
				return
			}
		}
	}
}
