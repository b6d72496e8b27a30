package prompt

import (
	"fmt"

	"github.com/sovereign-eval/haetae/harness"
)

// Turn is one message of a chat before its fields are filled in.
type Turn struct {
	Role string // system, user or assistant
	Text *Template
}

// Chat renders the messages of an item. It is safe for concurrent use.
type Chat struct {
	turns  []Turn
	system int // leading system turns
	shots  []harness.Message
}

// NewChat makes a chat of turns. System turns come first, and the last turn is
// the user's.
func NewChat(turns []Turn) (*Chat, error) {
	c := &Chat{turns: turns}
	for i, t := range turns {
		switch {
		case t.Role != "system" && t.Role != "user" && t.Role != "assistant":
			return nil, fmt.Errorf("message %d: unknown role %q; roles are system, user, assistant", i+1, t.Role)
		case t.Role == "system" && i != c.system:
			return nil, fmt.Errorf("message %d: a system message stands before all others", i+1)
		case t.Role == "system":
			c.system++
		}
	}
	if len(turns) == 0 || turns[len(turns)-1].Role != "user" {
		return nil, fmt.Errorf("the last message is the user's: it is what the model answers")
	}
	return c, nil
}

// WithShots returns the chat with worked examples between the system messages
// and the question: the given turns rendered for each row.
func (c *Chat) WithShots(turns []Turn, rows []harness.Fields) (*Chat, error) {
	out := *c
	for i, row := range rows {
		for _, t := range turns {
			text, err := t.Text.Render(row)
			if err != nil {
				return nil, fmt.Errorf("few-shot example %d: %w", i+1, err)
			}
			out.shots = append(out.shots, harness.Message{Role: t.Role, Content: text})
		}
	}
	return &out, nil
}

// Messages renders the chat for a row.
func (c *Chat) Messages(f harness.Fields) ([]harness.Message, error) {
	out := make([]harness.Message, 0, len(c.turns)+len(c.shots))
	for i, t := range c.turns {
		if i == c.system {
			out = append(out, c.shots...)
		}
		text, err := t.Text.Render(f)
		if err != nil {
			return nil, &TurnError{i, err}
		}
		out = append(out, harness.Message{Role: t.Role, Content: text})
	}
	return out, nil
}

// TurnError says which turn of a chat a row does not suit.
type TurnError struct {
	Turn int // from 0
	Err  error
}

// Error implements error.
func (e *TurnError) Error() string { return fmt.Sprintf("message %d: %v", e.Turn+1, e.Err) }

// Unwrap returns the underlying error.
func (e *TurnError) Unwrap() error { return e.Err }
