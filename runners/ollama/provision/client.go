package provision

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// client makes the few administrative calls that provisioning needs. It keeps no
// connection open and honours no proxy.
type client struct {
	base string
	http *http.Client
}

func newClient(base string) *client {
	return &client{
		base: strings.TrimRight(base, "/"),
		http: &http.Client{Transport: &http.Transport{
			Proxy:             nil,
			DisableKeepAlives: true,
			DialContext:       (&net.Dialer{Timeout: 3 * time.Second}).DialContext,
		}},
	}
}

// version returns the version that the server reports.
func (c *client) version(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	var body struct {
		Version string `json:"version"`
	}
	if err := c.getJSON(ctx, "/api/version", &body); err != nil {
		return "", err
	}
	if body.Version == "" {
		return "", errors.New("the answer to /api/version names no version; is this an Ollama server?")
	}
	return body.Version, nil
}

// has reports whether the server has a model of that name.
func (c *client) has(ctx context.Context, name string) (bool, error) {
	digest, err := c.digest(ctx, name)
	return digest != "", err
}

// digest returns the digest of the model of that name, or "" if the server does
// not have it.
func (c *client) digest(ctx context.Context, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	var body struct {
		Models []struct {
			Name   string `json:"name"`
			Digest string `json:"digest"`
		} `json:"models"`
	}
	if err := c.getJSON(ctx, "/api/tags", &body); err != nil {
		return "", fmt.Errorf("list the models of %s: %w", c.base, err)
	}
	for _, m := range body.Models {
		if m.Name == name {
			return m.Digest, nil
		}
	}
	return "", nil
}

// Version returns the version that the server at url reports.
func Version(ctx context.Context, url string) (string, error) {
	return newClient(url).version(ctx)
}

// ModelDigest returns the digest of a model in the server at url, "" if the
// server does not have it.
func ModelDigest(ctx context.Context, url, name string) (string, error) {
	return newClient(url).digest(ctx, name)
}

func (c *client) getJSON(ctx context.Context, path string, into any) error {
	resp, err := c.do(ctx, http.MethodGet, path, nil, 0)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return statusError(resp)
	}
	return json.NewDecoder(io.LimitReader(resp.Body, 16<<20)).Decode(into)
}

// stream posts body and reads the server's progress lines to the end, which must
// say "success".
func (c *client) stream(ctx context.Context, path string, body any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	resp, err := c.do(ctx, http.MethodPost, path, bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return statusError(resp)
	}
	lines := json.NewDecoder(resp.Body)
	last := ""
	for {
		var line struct {
			Status string `json:"status"`
			Error  string `json:"error"`
		}
		err := lines.Decode(&line)
		switch {
		case errors.Is(err, io.EOF) && last == "success":
			return nil
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the server ended at %q without success", last)
		case err != nil:
			return err
		case line.Error != "":
			return errors.New(line.Error)
		}
		last = line.Status
	}
}

// upload stores size bytes from r as the blob called digest ("sha256:…") unless
// the server has it. The server checks the digest.
func (c *client) upload(ctx context.Context, digest string, r io.Reader, size int64) error {
	path := "/api/blobs/" + digest
	resp, err := c.do(ctx, http.MethodHead, path, nil, 0)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	resp, err = c.do(ctx, http.MethodPost, path, r, size)
	if err != nil {
		return fmt.Errorf("upload weights: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated && resp.StatusCode != http.StatusOK {
		return fmt.Errorf("upload weights: %w", statusError(resp))
	}
	return nil
}

func (c *client) do(ctx context.Context, method, path string, body io.Reader, size int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	return c.http.Do(req)
}

func statusError(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 500))
	return fmt.Errorf("the server answered %s: %q", resp.Status, strings.TrimSpace(string(text)))
}

// DefaultURL is where an Ollama server listens unless told otherwise.
const DefaultURL = "http://127.0.0.1:11434"

// HostURL turns a value of OLLAMA_HOST (host, host:port, :port or a URL) into the
// address at which a client reaches that server. An address that means "all
// interfaces" becomes loopback.
func HostURL(host string) (string, error) {
	text := strings.TrimSpace(host)
	scheme := "http"
	defaultPort := "11434"
	if s, rest, ok := strings.Cut(text, "://"); ok {
		scheme, text = s, rest
		defaultPort = map[string]string{"http": "80", "https": "443"}[s]
	}
	text, path, _ := strings.Cut(text, "/")
	name, port, err := net.SplitHostPort(text)
	if err != nil {
		name, port = strings.Trim(text, "[]"), defaultPort
	}
	if ip := net.ParseIP(name); name == "" || ip != nil && ip.IsUnspecified() {
		name = "127.0.0.1"
	}
	u := url.URL{Scheme: scheme, Host: net.JoinHostPort(name, port), Path: path}
	if _, err := url.Parse(u.String()); err != nil || defaultPort == "" {
		return "", fmt.Errorf("parse OLLAMA_HOST %q: want host:port or a URL of http or https", host)
	}
	return u.String(), nil
}

// hostFromEnv returns the server that OLLAMA_HOST names, or "".
func hostFromEnv() (string, error) {
	host := os.Getenv("OLLAMA_HOST")
	if strings.TrimSpace(host) == "" {
		return "", nil
	}
	return HostURL(host)
}
