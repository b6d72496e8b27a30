package provision

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Cache is the folder that keeps servers, headers, wheels and model folders
// between runs, and the writer that hears what is being done to fill it.
type Cache struct {
	// Dir is the root of the cache, an absolute path.
	Dir string
	// Log hears each step and how long it took; never nil after Open.
	Log io.Writer

	defaultURL string // where Find looks after OLLAMA_HOST
}

// Open returns the cache at $HAETAE_CACHE, or else at haetae in the user's cache
// folder. A nil log is silent. It creates nothing; an error says that neither
// place is known.
func Open(log io.Writer) (*Cache, error) {
	if log == nil {
		log = io.Discard
	}
	dir := os.Getenv("HAETAE_CACHE")
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("find the cache folder: %w; set HAETAE_CACHE to a folder with 2 GB free", err)
		}
		dir = filepath.Join(base, "haetae")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find the cache folder: %w", err)
	}
	return &Cache{Dir: dir, Log: log, defaultURL: DefaultURL}, nil
}

// storeFormat is part of every model folder's path; raise it when the recipe of
// a model changes, so that no old model passes for the new one.
const storeFormat = "1"

// Models returns the model folder of the private servers called name ("demo",
// "test-old"). Servers of the two kinds should not share one.
func (c *Cache) Models(name string) string {
	return filepath.Join(c.Dir, "models", name+"-"+storeFormat)
}

func (c *Cache) path(parts ...string) string {
	return filepath.Join(append([]string{c.Dir}, parts...)...)
}

func (c *Cache) logf(format string, args ...any) {
	fmt.Fprintf(c.Log, format+"\n", args...)
}

// install makes the folder c.Dir/rel once. If it is not there, fill gets a fresh
// folder beside it, which takes the name only when fill returned nil. Processes
// that want the same folder wait for the first.
func (c *Cache) install(ctx context.Context, rel string, fill func(tmp string) error) (string, error) {
	final := c.path(rel)
	if exists(final) {
		return final, nil
	}
	unlock, err := c.lock(ctx, filepath.Base(rel))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(final) {
		return final, nil
	}
	parent := filepath.Dir(final)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("make %s: %w", parent, err)
	}
	tmp, err := os.MkdirTemp(parent, ".tmp-"+filepath.Base(rel)+"-")
	if err != nil {
		return "", fmt.Errorf("make a temporary folder: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := fill(tmp); err != nil {
		return "", err
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return "", fmt.Errorf("install %s: %w", rel, err)
	}
	if err := os.Rename(tmp, final); err != nil {
		return "", fmt.Errorf("install %s: %w", rel, err)
	}
	return final, nil
}

// lock takes the cache's lock called name, waiting for another holder until ctx
// ends. The kernel frees it when the holder dies.
func (c *Cache) lock(ctx context.Context, name string) (unlock func(), err error) {
	dir := c.path("locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make %s: %w; set HAETAE_CACHE to a folder you can write", dir, err)
	}
	file := filepath.Join(dir, name+".lock")
	f, err := os.OpenFile(file, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	said := false
	for {
		held, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", file, err)
		}
		if held {
			return func() { f.Close() }, nil
		}
		if !said {
			c.logf("waiting for another process that is making %s", name)
			said = true
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for %s: %w", file, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
