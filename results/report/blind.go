package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Prompt is what a stored request asked, without the form of any server: the
// messages of the conversation, each under its role where there are several.
func Prompt(request []byte) string {
	messages := conversation(request)
	if len(messages) == 1 {
		return messages[0].Content
	}
	var parts []string
	for _, m := range messages {
		parts = append(parts, "["+m.Role+"]\n"+m.Content)
	}
	return strings.Join(parts, "\n\n")
}

// Blind shows what was asked and answered, and nothing of model, verdict, score or
// task: what a rater may see. Reveal is the caller's matter.
func Blind(w io.Writer, request, answer []byte, o SampleOptions) error {
	if o.Lang == "" {
		o.Lang = English
	}
	if o.Width <= 0 {
		o.Width = 80
	}
	s := &sampleScreen{screen: screen{w: bufio.NewWriter(w), lang: o.Lang, o: o.Options, width: max(o.Width, 40)}, o: o}
	s.title("s.prompt")
	s.body(Prompt(request))
	s.title("s.answer")
	s.body(string(answer))
	if err := s.w.Flush(); err != nil {
		return fmt.Errorf("show an answer: %w", err)
	}
	return nil
}
