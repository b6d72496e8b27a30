// Package ollama runs models that an Ollama server serves, by its native API.
//
//	host, err := ollama.ParseHost(os.Getenv("OLLAMA_HOST"))
//	m := ollama.New(host, "qwen3:8b", ollama.Options{Slots: 4})
//	defer m.Close()
//	err = m.Load(ctx, params)        // warm up with the exact load-time options
//	id, err := m.Describe(ctx)       // version, digests, template, context, offload
//	resp, err := m.Generate(ctx, harness.Request{Messages: msgs, Params: params, Seed: 7})
//
// Generate streams and returns a whole answer or a [harness.Fault], never a part
// of an answer as if it were whole. Every option is sent with every request, so
// that neither the server's defaults nor the model's own decide a measurement;
// prompts over the context are refused by the server, not cut; models that the
// server fetches from elsewhere are refused. Answers are hostile input: sizes are
// bounded, invalid bytes are kept as they came.
//
// Two dialects are spoken, told apart by the server's version: up to 0.24 (its
// own runners) and from 0.30 on (a llama-server process for each model).
package ollama
