package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

// cliPage returns the page that is the contract for programs, and its sections
// by command.
func cliPage(t *testing.T) (page string, sections map[string]string) {
	t.Helper()
	b, err := os.ReadFile("../../docs/CLI.md")
	if err != nil {
		t.Fatal(err)
	}
	page, sections = string(b), map[string]string{}
	for part := range strings.SplitSeq(page, "\n## ") {
		if rest, ok := strings.CutPrefix(part, "haetae "); ok {
			name, _, _ := strings.Cut(rest, "\n")
			name, _, _ = strings.Cut(name, " ")
			sections[name] = part
		}
	}
	return page, sections
}

var flagName = regexp.MustCompile(`--[a-z][a-z-]+`)

// TestCLIPageNamesEverything: each command of the program has its section with
// all its flags, and the page names no command and no flag that is not there.
func TestCLIPageNamesEverything(t *testing.T) {
	page, sections := cliPage(t)
	root := (&app{}).root()
	global := map[string]bool{"--help": true}
	root.PersistentFlags().VisitAll(func(f *pflag.Flag) { global["--"+f.Name] = true })
	for f := range global {
		if !strings.Contains(page, "`"+f) {
			t.Errorf("the page does not explain %s", f)
		}
	}
	known := map[string]bool{}
	runSection := sections["run"]
	for _, c := range root.Commands() {
		text, ok := sections[c.Name()]
		if !ok {
			t.Errorf("the page has no section for haetae %s", c.Name())
		}
		delete(sections, c.Name())
		own := map[string]bool{}
		named := func(f *pflag.Flag) {
			own["--"+f.Name], known["--"+f.Name] = true, true
			if c.Name() == "plan" { // "every flag of run"
				text += runSection
			}
			if !strings.Contains(text, "--"+f.Name) {
				t.Errorf("the section of haetae %s does not name --%s", c.Name(), f.Name)
			}
		}
		c.Flags().VisitAll(named)
		for _, sub := range c.Commands() {
			if !strings.Contains(text, c.Name()+" "+sub.Name()) {
				t.Errorf("the section of haetae %s does not name its command %s", c.Name(), sub.Name())
			}
			sub.Flags().VisitAll(named)
		}
		if c.Name() == "plan" {
			continue
		}
		for _, f := range flagName.FindAllString(text, -1) {
			if !own[f] && !global[f] {
				t.Errorf("the section of haetae %s names %s, which it does not have", c.Name(), f)
			}
		}
	}
	for name := range sections {
		t.Errorf("the page has a section for haetae %s, which is not there", name)
	}
	for _, f := range flagName.FindAllString(page, -1) {
		if !known[f] && !global[f] {
			t.Errorf("the page names %s, which no command has", f)
		}
	}
	for _, m := range regexp.MustCompile("`?(?:HAETAE_[A-Z]+)").FindAllString(page, -1) {
		if !slices.Contains([]string{"HAETAE_STORE", "HAETAE_ENDPOINT", "HAETAE_PROGRESS", "HAETAE_LANG"}, strings.Trim(m, "`")) {
			t.Errorf("the page names %s, which is not read", m)
		}
	}
}

// TestCLIPageExamples runs the commands of the page and compares what they
// print with what it shows: every key shown is there with a value of that kind.
func TestCLIPageExamples(t *testing.T) {
	page, _ := cliPage(t)
	s := runnertest.NewServer()
	s.Answer = calculator
	url := scripted(t, s)
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "sums"), os.DirFS("../../examples/sums")); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, block := range consoleBlock.FindAllStringSubmatch(page, -1) {
		for _, st := range steps(block[1]) {
			ran++
			cmd := haetae(t, dir, st.args[1:]...)
			cmd.Env = append(cmd.Env, "HAETAE_ENDPOINT="+url)
			var errs strings.Builder
			cmd.Stderr = &errs
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%v: %v\n%s", st.args, err, errs.String())
			}
			if !slices.Contains(st.args, "--json") {
				compareLines(t, st, errs.String())
				continue
			}
			var shown, got any
			if err := json.Unmarshal([]byte(st.out), &shown); err != nil {
				t.Fatalf("the page shows after %v: %v\n%s", st.args, err, st.out)
			}
			if err := json.Unmarshal(out, &got); err != nil {
				t.Fatalf("%v: %v\n%s", st.args, err, out)
			}
			compareKeys(t, strings.Join(st.args, " "), shown, got)
		}
	}
	if ran < 10 {
		t.Errorf("the page shows %d commands, want 10 at least", ran)
	}
}

func compareLines(t *testing.T, st step, stderr string) {
	t.Helper()
	shown, got := strings.Split(strings.TrimSpace(st.out), "\n"), strings.Split(strings.TrimSpace(stderr), "\n")
	if len(shown) != len(got) {
		t.Fatalf("%v writes %d lines to stderr, the page shows %d:\n%s", st.args, len(got), len(shown), stderr)
	}
	for i := range shown {
		var a, b any
		if err := json.Unmarshal([]byte(shown[i]), &a); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(got[i]), &b); err != nil {
			t.Fatal(err)
		}
		compareKeys(t, strings.Join(st.args, " "), a, b)
		compareKeys(t, strings.Join(st.args, " ")+" (reverse)", b, a)
	}
}

// compareKeys fails for a key that is shown and not there, and for a value of
// another kind. Words and numbers that depend on the moment may differ.
func compareKeys(t *testing.T, where string, shown, got any) {
	t.Helper()
	switch s := shown.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s: an object is shown, it is %v", where, got)
			return
		}
		for k, v := range s {
			if w, ok := g[k]; !ok {
				t.Errorf("%s: the key %q is shown and not there", where, k)
			} else {
				compareKeys(t, where+"."+k, v, w)
			}
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) < len(s) {
			t.Errorf("%s: a list of %d is shown, it is %v", where, len(s), got)
			return
		}
		for i, v := range s {
			compareKeys(t, where, v, like(v, g, i))
		}
	case string:
		if _, ok := got.(string); !ok {
			t.Errorf("%s: the word %q is shown, it is %v", where, s, got)
		}
	case float64:
		if g, ok := got.(float64); !ok || steady(where) && g != s {
			t.Errorf("%s: %v is shown, it is %v", where, s, got)
		}
	default: // true, false and null
		if s != got {
			t.Errorf("%s: %v is shown, it is %v", where, s, got)
		}
	}
}

// like picks the element of a list that has the name of the one shown.
func like(shown any, list []any, i int) any {
	s, ok := shown.(map[string]any)
	if !ok || s["name"] == nil {
		return list[i]
	}
	for _, g := range list {
		if m, ok := g.(map[string]any); ok && m["name"] == s["name"] {
			return g
		}
	}
	return list[i]
}

// steady tells whether a figure is the same in every run.
func steady(where string) bool {
	return !strings.HasSuffix(where, "_ns") && !strings.HasSuffix(where, "_estimate")
}
