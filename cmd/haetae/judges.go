package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/safetyevals/judge"
	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

// classifierName is the judge that is no model: the outcome classifier.
const classifierName = "classifier"

// judgeFlags are the flags that name judges and reach their servers.
type judgeFlags struct {
	judges    []string
	endpoints []string
	protocols []string // [MODEL=]NAME or a file
	forms     []string // [MODEL=]FILE with a text that is not shipped
	slots     string
	set       server
	drain     time.Duration
	store     string
	lang      string
}

func addJudgeFlags(fs *pflag.FlagSet, f *judgeFlags) {
	fs.StringArrayVar(&f.judges, "judge", nil, "model that judges, RUNNER/NAME or an Ollama name (repeatable)")
	fs.StringArrayVar(&f.protocols, "protocol", nil, "[MODEL=]NAME of a shipped protocol, or a file with one (repeatable; default: by the model's name, else stance)")
	fs.StringArrayVar(&f.forms, "form", nil, "[MODEL=]FILE with the text of a form that is not shipped (repeatable)")
	fs.StringArrayVar(&f.endpoints, "endpoint", nil, "[MODEL=]URL of a model server (repeatable; default OLLAMA_HOST, then 127.0.0.1:11434)")
	fs.StringVar(&f.slots, "slots", "auto", "generations that an endpoint serves at a time, or auto to measure it")
	fs.DurationVar(&f.drain, "drain", 30*time.Second, "longest wait for verdicts in flight after an interrupt")
	fs.DurationVar(&f.set.wait, "server-wait", 10*time.Minute, "how long a server may be away before the command ends")
	fs.DurationVar(&f.set.loadTimeout, "load-timeout", 10*time.Minute, "time until the first token")
	fs.DurationVar(&f.set.idleTimeout, "idle-timeout", 2*time.Minute, "time between two tokens")
	fs.StringVar(&f.lang, "lang", env("HAETAE_LANG", "en"), "language: en or ko")
	addStoreFlag(fs, &f.store)
}

// judgeSpec is one judge that was named: a model and the protocol that it speaks.
type judgeSpec struct {
	subject
	protocol *judge.Protocol
}

// classifierID is the identity of the outcome classifier as a judge.
func classifierID() harness.Hash {
	return harness.HashBytes([]byte(refusal.Name + " " + refusal.Version))
}

// parseOrClassifier is parse where the classifier may stand among the judges, or
// alone; it needs no server.
func (f *judgeFlags) parseOrClassifier(ctx context.Context) (specs []judgeSpec, classifier bool, err error) {
	models := slices.DeleteFunc(slices.Clone(f.judges), func(name string) bool { return name == classifierName })
	classifier = len(models) < len(f.judges)
	f.judges = models
	if classifier && len(models) == 0 {
		return nil, true, checkLang(f.lang)
	}
	specs, err = f.parse(ctx)
	return specs, classifier, err
}

// parse reads the flags and checks that every server has its model.
func (f *judgeFlags) parse(ctx context.Context) ([]judgeSpec, error) {
	if len(f.judges) == 0 {
		return nil, harness.Usage(errors.New("no judge is named"), "Name one with --judge, for example --judge llama-guard3:8b.")
	}
	if err := checkLang(f.lang); err != nil {
		return nil, err
	}
	if err := parseSlots(f.slots); err != nil {
		return nil, err
	}
	f.set.slots = f.slots
	subjects, err := parseSubjects(f.judges, f.endpoints)
	if err != nil {
		return nil, err
	}
	var specs []judgeSpec
	for _, s := range subjects {
		p, err := f.protocolOf(s)
		if err != nil {
			return nil, err
		}
		specs = append(specs, judgeSpec{subject: s, protocol: p})
	}
	for _, s := range specs {
		if err := s.check(ctx); err != nil {
			return nil, err
		}
	}
	return specs, nil
}

// protocolOf finds the protocol of a judge and gives it its form.
func (f *judgeFlags) protocolOf(s subject) (*judge.Protocol, error) {
	name, err := f.forModel(f.protocols, "protocol", s)
	if err != nil {
		return nil, err
	}
	p, err := loadProtocol(name, s.name)
	if err != nil {
		return nil, err
	}
	form, err := f.forModel(f.forms, "form", s)
	if err != nil {
		return nil, err
	}
	switch {
	case form == "" && p.External == nil:
		return p, nil
	case form == "":
		return nil, harness.Usage(fmt.Errorf("judge %s: the form of protocol %s is not shipped", s.spec, p.Name), "Give it with --form FILE: %s.", p.External.Where)
	}
	text, err := os.ReadFile(form)
	if err != nil {
		return nil, harness.Usage(fmt.Errorf("--form: %w", err), "Name a file that can be read.")
	}
	provided, err := p.Provide(text)
	if err != nil {
		return nil, harness.Usage(err, "The form must be the published one, byte for byte.")
	}
	return provided, nil
}

// forModel returns the value of a repeatable flag that holds for a judge: the one
// that names it, else the one that names no model.
func (f *judgeFlags) forModel(values []string, flag string, s subject) (string, error) {
	found := ""
	for _, v := range values {
		model, value, ok := strings.Cut(v, "=")
		switch {
		case !ok && found == "":
			found = v
		case ok && (model == s.spec || model == s.name):
			found = value
		case ok && !f.named(model):
			return "", harness.Usage(fmt.Errorf("--%s %s: no model %q among those of --judge", flag, v, model), "%s", suggest(model, f.judges, "Give the model as in --judge."))
		}
	}
	return found, nil
}

func (f *judgeFlags) named(model string) bool {
	for _, j := range f.judges {
		if j == model || strings.HasSuffix(j, "/"+model) {
			return true
		}
	}
	return false
}

// loadProtocol returns a protocol by name or from a file; without either, the one
// that the model's name stands for.
func loadProtocol(name, model string) (*judge.Protocol, error) {
	if name == "" {
		return judge.For(model)
	}
	if p, err := judge.Builtin(name); err == nil {
		return p, nil
	}
	b, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		ps, err := judge.Builtins()
		if err != nil {
			return nil, err
		}
		var names []string
		for _, p := range ps {
			names = append(names, p.Name)
		}
		return nil, harness.Usage(fmt.Errorf("--protocol %s: no shipped protocol and no file", name), "%s", suggest(name, names, "There are "+strings.Join(names, ", ")+"."))
	}
	if err != nil {
		return nil, harness.Usage(fmt.Errorf("--protocol: %w", err), "Name a file that can be read.")
	}
	p, err := judge.Decode(b)
	if err != nil {
		return nil, harness.Usage(fmt.Errorf("--protocol %s: %w", name, err), "docs/JUDGES.md shows the form of a protocol.")
	}
	return p, nil
}
