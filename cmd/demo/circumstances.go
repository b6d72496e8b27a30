//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/sovereign-eval/haetae/runners/ollama/provision"
)

// circumstances are what a demo's run depends on. A run is resumed only in the
// circumstances in which it began: haetae would void it in others.
type circumstances struct {
	Haetae string `json:"haetae"` // SHA-256 of the program, which holds the suites
	Suites string `json:"suites"`
	Server string `json:"server"` // its version
	Model  string `json:"model"`  // name and digest
}

func (d *demo) circumstances(server *provision.Found, model provision.Model) (circumstances, error) {
	digest, err := provision.ModelDigest(context.Background(), server.URL, model.Name)
	if err != nil {
		return circumstances{}, err
	}
	program, err := fileDigest(d.haetae)
	if err != nil {
		return circumstances{}, err
	}
	return circumstances{Haetae: program, Suites: strings.Join(d.suites, " "), Server: server.Version, Model: model.Name + "@" + digest}, nil
}

// differences names what differs between c and before.
func (c circumstances) differences(before circumstances) string {
	var names []string
	for _, f := range []struct {
		name     string
		now, old string
	}{
		{"haetae", c.Haetae, before.Haetae},
		{"the choice of suites", c.Suites, before.Suites},
		{"the server's version", c.Server, before.Server},
		{"the model", c.Model, before.Model},
	} {
		if f.now != f.old {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, " and ")
}

func (d *demo) recordFile() string { return filepath.Join(d.dir, "circumstances.json") }

// recall returns the circumstances of the last run; found is false if there is
// none to go on with.
func (d *demo) recall() (c circumstances, found bool) {
	data, err := os.ReadFile(d.recordFile())
	if err != nil || json.Unmarshal(data, &c) != nil {
		return circumstances{}, false
	}
	_, err = os.Stat(d.store())
	return c, err == nil
}

func (d *demo) remember(c circumstances) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(d.recordFile(), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("remember the demo's circumstances: %w", err)
	}
	return nil
}

func fileDigest(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("read %s: %w", file, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
