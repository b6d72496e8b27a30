package runnertest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// Bare is the floor of a runner's cost: a plain net/http client that sends
// chat requests, decodes the answers with encoding/json and keeps nothing.
type Bare struct {
	URL      string // of the chat endpoint
	Requests int64
	InFlight int
	Padding  int // bytes added to each prompt
	client   *http.Client
}

// Run sends all requests and returns the first error.
func (b *Bare) Run() error {
	t := &http.Transport{MaxIdleConnsPerHost: b.InFlight, MaxConnsPerHost: b.InFlight}
	defer t.CloseIdleConnections()
	b.client = &http.Client{Transport: t}
	pad := strings.Repeat("x", b.Padding)
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, b.InFlight)
	for i := range b.InFlight {
		wg.Go(func() {
			for n := next.Add(1); n <= b.Requests && errs[i] == nil; n = next.Add(1) {
				errs[i] = b.one(n, pad)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (b *Bare) one(n int64, pad string) error {
	body, err := json.Marshal(map[string]any{"model": "stub", "stream": false,
		"messages": []map[string]string{{"role": "user", "content": fmt.Sprintf("Question %d: what is %d plus 42?%s", n, n, pad)}},
		"options":  map[string]any{"num_predict": 64, "temperature": 0, "seed": n, "num_ctx": 4096}})
	if err != nil {
		return err
	}
	resp, err := b.client.Post(b.URL, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var out struct {
		Message struct{ Content string }
		Done    bool
	}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		return err
	}
	if !out.Done {
		return errors.New("an answer that is not done")
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}
