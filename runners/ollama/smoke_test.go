package ollama

import (
	"context"
	"testing"

	"github.com/sovereign-eval/haetae/harness"
)

func TestStub(t *testing.T) {
	m := New(stubURL(t), "stub", Options{})
	defer m.Close()
	r, err := m.Generate(context.Background(), harness.Request{Params: harness.DefaultParams(), Messages: []harness.Message{{Role: "user", Content: "hi"}}})
	t.Logf("%+v\n%s %v", r, r.Sent, err)
	id, err := m.Describe(context.Background())
	t.Logf("%+v %v", id, err)
}
