//go:build unix

package main

import (
	"context"
	"fmt"
	"os"

	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// serve starts the private test server of the kind that HAETAE_TEST_SERVER names,
// runs the command with the variables that package ollamatest reads, and stops
// the server.
func serve(cache *provision.Cache, args []string) int {
	if len(args) < 2 || args[0] != "--" {
		fmt.Fprintln(os.Stderr, "usage: demo serve -- COMMAND [ARGUMENT...]")
		return exitUsage
	}
	kind, err := provision.ParseKind(os.Getenv(provision.EnvTestKind))
	if err != nil {
		fmt.Fprintf(os.Stderr, "demo: %s: %v\n", provision.EnvTestKind, err)
		return exitUsage
	}
	if kind == provision.Any {
		kind = provision.Old
	}
	server, err := provisioning(func(ctx context.Context) (*provision.Process, error) {
		return cache.StartForTests(ctx, kind)
	})
	if err != nil {
		return fail(err)
	}
	defer server.Stop()
	fmt.Fprintf(os.Stderr, "test server %s at %s (log %s)\n", server.Version, server.URL, server.LogPath)
	return command(args[1], args[2:],
		provision.EnvTestKind+"="+string(kind),
		provision.EnvTestURL+"="+server.URL,
		provision.EnvTestModel+"="+provision.SmolLM2.Name,
		provision.EnvTestLog+"="+server.LogPath,
		provision.EnvTestModels+"="+server.Models,
	)
}
