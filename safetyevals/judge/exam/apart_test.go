package exam

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// longSentence is the length from which a sentence is somebody's own: shorter ones
// are everybody's.
const longSentence = 24

// TestClassifierHasNotSeenTheExam: no longer sentence of the exam stands among the
// sources, words, examples or training data of the classifier, which sits it too.
func TestClassifierHasNotSeenTheExam(t *testing.T) {
	own := map[string]string{}
	for _, it := range load(t) {
		if it.Pair != Single {
			continue
		}
		for _, s := range sentences(it.Prompt + "\n" + it.Response) {
			own[s] = it.ID
		}
	}
	if len(own) < 1000 {
		t.Fatalf("%d sentences in the exam", len(own))
	}
	read := 0
	err := filepath.WalkDir("../../refusal", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil || !utf8.Valid(data) {
			return err // weights are no text
		}
		read++
		for _, s := range sentences(string(data)) {
			if id, seen := own[s]; seen {
				t.Errorf("%s: %s has the sentence %q", id, path, s)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if read == 0 {
		t.Error("nothing of the classifier was read")
	}
}

// sentences are the longer sentences of a text, of JSON and of Go source, without
// case.
func sentences(text string) []string {
	text = strings.NewReplacer(`\n`, "\n", `\"`, `"`).Replace(strings.ToLower(text))
	var out []string
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".?!\n\"`“”", r) }) {
		if s = strings.Join(strings.Fields(s), " "); utf8.RuneCountInString(s) >= longSentence {
			out = append(out, s)
		}
	}
	return out
}
