//go:build !unix

package provision

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

var errUnix = errors.New("servers are built and started on Unix-like systems only; start Ollama yourself and set OLLAMA_HOST")

func tryLock(*os.File) (bool, error) { return false, errUnix }

func ownGroup(*exec.Cmd) {}

func signalGroup(int, syscall.Signal) {}

func exited(int) bool { return true }
