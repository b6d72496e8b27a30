package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed peers.py
var peersScript []byte

// debian are the packages that peers.py imports from the system.
var debian = []string{"python3-numpy", "python3-scipy", "python3-statsmodels"}

// peers are the programs that do the same work as ours.
type peers struct {
	python, script, extra string
}

// peerFigure is a line of peers.py.
type peerFigure struct {
	Name    string  `json:"name"`
	Peer    string  `json:"peer"`
	Version string  `json:"version"`
	Seconds float64 `json:"seconds"`
	Answer  float64 `json:"answer"`
	Error   string  `json:"error"`
}

// newPeers finds or installs the peers.
func newPeers(python, dir string) (*peers, error) {
	p := &peers{python: python, script: filepath.Join(dir, "peers.py"), extra: filepath.Join(dir, "packages")}
	if err := os.WriteFile(p.script, peersScript, 0o600); err != nil {
		return nil, err
	}
	if p.imports("numpy, scipy, statsmodels") != nil {
		if err := installDebian(); err != nil {
			return nil, err
		}
	}
	if err := p.imports("numpy, scipy, statsmodels"); err != nil {
		return nil, fmt.Errorf("%s does not see its packages: %w: it needs %s", python, err, strings.Join(debian, " "))
	}
	if p.imports("krippendorff") != nil {
		p.pip("krippendorff")
	}
	return p, nil
}

func (p *peers) imports(modules string) error {
	_, err := output(exec.Command(p.python, "-c", "import "+modules))
	return err
}

func installDebian() error {
	apt, err := exec.LookPath("apt-get")
	if err != nil || os.Geteuid() != 0 {
		return fmt.Errorf("the peers are not installed: install numpy, scipy and statsmodels for the Python of this system (Debian: apt-get install %s)", strings.Join(debian, " "))
	}
	fmt.Println("installing", strings.Join(debian, " "))
	if _, err := output(exec.Command(apt, "-q", "update")); err != nil {
		return err
	}
	_, err = output(exec.Command(apt, append([]string{"-q", "-y", "--no-install-recommends", "install"}, debian...)...))
	return err
}

// pip puts one pure Python package into the temporary folder. Where it cannot, the figure
// of that peer says so.
func (p *peers) pip(name string) {
	for _, pip := range [][]string{{p.python, "-m", "pip"}, {"pip3"}, {"pip"}} {
		args := append(pip[1:], "install", "-q", "--no-deps", "--disable-pip-version-check", "--target", p.extra, name)
		if _, err := output(exec.Command(pip[0], args...)); err == nil {
			return
		}
	}
	fmt.Printf("pip cannot install %s: pip install %s for %s\n", name, name, p.python)
}

// measure runs the peers on one thread each and returns the fastest figure of each name.
func (p *peers) measure(data string) (map[string]peerFigure, error) {
	fmt.Println("the peers run: a minute or two")
	cmd := exec.Command(p.python, "-W", "ignore", p.script, data, p.extra)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1")
	raw, err := output(cmd)
	if err != nil {
		return nil, fmt.Errorf("peers: %w", err)
	}
	figures := map[string]peerFigure{}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	for lines.Scan() {
		var f peerFigure
		if err := json.Unmarshal(lines.Bytes(), &f); err != nil {
			return nil, fmt.Errorf("peers: line %q: %w", lines.Text(), err)
		}
		if before, ok := figures[f.Name]; !ok || before.Error != "" || f.Error == "" && f.Seconds < before.Seconds {
			figures[f.Name] = f
		}
	}
	return figures, lines.Err()
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
