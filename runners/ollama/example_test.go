package ollama_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/runners/ollama"
	"github.com/sovereign-eval/haetae/runners/runnertest"
)

func Example() {
	server := httptest.NewServer(runnertest.NewStub()) // in earnest: an Ollama server
	defer server.Close()
	host, err := ollama.ParseHost(server.URL)
	if err != nil {
		log.Fatal(err)
	}
	m := ollama.New(host, "stub", ollama.Options{Slots: 4})
	defer m.Close()
	ctx, params := context.Background(), harness.DefaultParams()
	if err := m.Load(ctx, params); err != nil {
		log.Fatal(err)
	}
	id, err := m.Describe(ctx)
	if err != nil {
		log.Fatal(err)
	}
	r, err := m.Generate(ctx, harness.Request{Params: params, Seed: 7,
		Messages: []harness.Message{{Role: "user", Content: "What is 2 plus 40?"}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(*id.Server, *id.Quant, *id.Context)
	fmt.Printf("%q %s %d tokens\n", r.Text, r.Finish, r.OutputTokens)
	// Output:
	// 0.24.0 F16 8192
	// "The answer is 42.\n#### 42" stop 16 tokens
}
