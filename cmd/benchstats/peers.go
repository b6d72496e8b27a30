package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed peers.py
var pythonScript []byte

//go:embed peers.R
var rScript []byte

// The packages of Debian that the scripts import.
var (
	pythonPackages = []string{"python3-numpy", "python3-scipy", "python3-statsmodels"}
	rPackages      = []string{"r-base-core", "r-cran-boot", "r-cran-sandwich"}
)

// peers is a running script that does the same work as we do, a figure at a time.
type peers struct {
	missing string // why there is none
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	stderr  bytes.Buffer
}

// peerFigure is an answer of a script.
type peerFigure struct {
	Name    string  `json:"name"`
	Peer    string  `json:"peer"`
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`
	Answer  float64 `json:"answer"`
	Error   string  `json:"error"`
}

// startPython finds or installs Python's peers and starts peers.py.
func startPython(python, dir string) (*peers, error) {
	script, extra := filepath.Join(dir, "peers.py"), filepath.Join(dir, "packages")
	if err := os.WriteFile(script, pythonScript, 0o600); err != nil {
		return nil, err
	}
	imports := func(modules string) error {
		_, err := output(exec.Command(python, "-c", "import "+modules))
		return err
	}
	if imports("numpy, scipy, statsmodels") != nil {
		if err := installDebian(pythonPackages); err != nil {
			return nil, fmt.Errorf("the peers are not installed: %w", err)
		}
	}
	if err := imports("numpy, scipy, statsmodels"); err != nil {
		return nil, fmt.Errorf("%s does not see its packages: %w: it needs %s", python, err, strings.Join(pythonPackages, " "))
	}
	if imports("krippendorff") != nil {
		pip(python, extra, "krippendorff")
	}
	return start(exec.Command(python, "-W", "ignore", script, dir, extra))
}

// startR finds or installs R and starts peers.R; where it cannot, each figure says why.
func startR(dir string) *peers {
	script := filepath.Join(dir, "peers.R")
	if err := os.WriteFile(script, rScript, 0o600); err != nil {
		return &peers{missing: err.Error()}
	}
	ready := func() error {
		_, err := output(exec.Command("Rscript", "-e", "library(boot); library(sandwich)"))
		return err
	}
	if ready() != nil {
		if err := installDebian(rPackages); err != nil {
			return &peers{missing: fmt.Sprintf("R is not installed: %v", err)}
		}
	}
	if err := ready(); err != nil {
		return &peers{missing: fmt.Sprintf("R does not start: %v", err)}
	}
	p, err := start(exec.Command("Rscript", script, dir))
	if err != nil {
		return &peers{missing: err.Error()}
	}
	return p
}

// installDebian installs packages where this is Debian and we are root.
func installDebian(packages []string) error {
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("only root on Debian can: apt-get install %s", strings.Join(packages, " "))
	}
	fmt.Println("installing", strings.Join(packages, " "))
	if _, err := output(exec.Command(apt, "-q", "update")); err != nil {
		return err
	}
	_, err = output(exec.Command(apt, append([]string{"-q", "-y", "--no-install-recommends", "install"}, packages...)...))
	return err
}

// pip puts one pure Python package into a temporary folder. Where it cannot, the figure of
// that peer says so.
func pip(python, folder, name string) {
	for _, pip := range [][]string{{python, "-m", "pip"}, {"pip3"}, {"pip"}} {
		args := append(pip[1:], "install", "-q", "--no-deps", "--disable-pip-version-check", "--target", folder, name)
		if _, err := output(exec.Command(pip[0], args...)); err == nil {
			return
		}
	}
	fmt.Printf("pip cannot install %s: pip install %s for %s\n", name, name, python)
}

// start runs a script on one thread.
func start(cmd *exec.Cmd) (*peers, error) {
	p := &peers{cmd: cmd}
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	cmd.Stderr = &p.stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	return p, cmd.Start()
}

// ask measures one figure. A peer that fails is a figure with an error.
func (p *peers) ask(name string) (peerFigure, error) {
	if p.missing != "" {
		return peerFigure{Name: name, Error: p.missing}, nil
	}
	if _, err := fmt.Fprintln(p.in, name); err != nil {
		return peerFigure{}, p.died(name, err)
	}
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return peerFigure{}, p.died(name, err)
	}
	var f peerFigure
	if err := json.Unmarshal(line, &f); err != nil {
		return f, fmt.Errorf("peer %s: line %q: %w", name, line, err)
	}
	return f, nil
}

// died says what a script that ended too early complained of.
func (p *peers) died(name string, err error) error {
	p.in.Close()
	err = errors.Join(err, p.cmd.Wait())
	return fmt.Errorf("peer %s: %w: %s", name, err, lastLine(p.stderr.String()))
}

// close ends the script.
func (p *peers) close() {
	if p.missing != "" {
		return
	}
	p.in.Close()
	if p.cmd.ProcessState == nil {
		_ = p.cmd.Wait() // it has given its figures: how it ends no longer matters
	}
}

// output is what a command printed; its error holds what it complained of.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, lastLine(stderr.String()))
	}
	return out, nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}
