package spec

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// withConstants is the task sums asked with a prompt from another file.
func withConstants(more string) string {
	s := strings.Replace(sums, "prompt:\n", "constants:\n  file: prompts.csv\n  row: {n: \"2\"}\n  columns: {asked: \"{{text}}\"}\n"+more+"prompt:\n", 1)
	i := strings.Index(s, "  - user:")
	return s[:i] + "  - user: \"{{asked|fill:'sum=question'}}\"\n" + s[i+strings.Index(s[i:], "\n")+1:]
}

const promptsCSV = "n,text\n1,One: {sum}\n2,Two: {sum}\\nEnd.\n"

func TestConstants(t *testing.T) {
	files := map[string]string{"task.yaml": withConstants(""), "items.jsonl": rows, "prompts.csv": promptsCSV}
	task := read(t, files)
	if got := collect(t, task, 0)[1].Messages[0].Content; got != "Two: What is 1 plus 1?\nEnd." {
		t.Errorf("asked %q", got)
	}
	files["prompts.csv"] = strings.Replace(promptsCSV, "One", "Uno", 1)
	if other := read(t, files); other.Digest == task.Digest {
		t.Error("another file of constants gives the same digest")
	}
	delete(files, "prompts.csv")
	dir := folder(t, files)
	_, err := loader().Task(dir)
	if m, ok := errors.AsType[*MissingData](err); !ok || m.File != "prompts.csv" {
		t.Errorf("without the file: %v", err)
	}
	if l, err := loader().Describe(dir); err != nil || l.Missing == nil || l.Missing.File != "prompts.csv" {
		t.Errorf("listing %+v, %v", l, err)
	}
}

func TestConstantsMistakes(t *testing.T) {
	for name, c := range map[string]struct{ task, prompts, want string }{
		"no such row":   {withConstants(""), "n,text\n1,x\n", `constants.row: 0 rows of prompts.csv have n "2", want one`},
		"two rows":      {withConstants(""), "n,text\n2,x\n2,y\n", `constants.row: 2 rows of prompts.csv have n "2", want one`},
		"no such field": {withConstants(""), "m,text\n2,x\n", `constants.row: prompts.csv has no field "n"; it has m, text`},
		"no such value": {withConstants(""), "n,txt\n2,x\n", `constants.columns.asked: unknown field "text"; the row has n, txt (row of prompts.csv)`},
		"digest": {strings.Replace(withConstants(""), "  row:", "  sha256: "+strings.Repeat("0", 64)+"\n  row:", 1), promptsCSV,
			"constants.sha256: prompts.csv has "},
		"same name":   {strings.ReplaceAll(withConstants(""), "asked", "topic"), promptsCSV, "constants.columns.topic: the rows have a field of this name; call the constant something else"},
		"no place":    {strings.Replace(withConstants(""), ":'sum=question'", "", 1), promptsCSV, `prompt.0: unknown field "sum"`},
		"broken file": {withConstants(""), "n,text\n2,x,y\n", "prompts.csv:2: the row has 3 fields, the header 2"},
	} {
		got := mistakes(t, map[string]string{"task.yaml": c.task, "items.jsonl": rows, "prompts.csv": c.prompts})
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, c.want) }) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
