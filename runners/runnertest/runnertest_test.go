package runnertest

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func chatBody(i int, stream bool) string {
	return fmt.Sprintf(`{"model":"stub","stream":%v,"messages":[{"role":"user","content":"Question %d?"}],"options":{"seed":%d,"num_predict":64}}`, stream, i, i)
}

// text asks a server for one answer and joins its lines.
func text(t *testing.T, c *http.Client, url, body string) (answer string, done bool) {
	t.Helper()
	resp, err := c.Post(url+"/api/chat", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	sc := bufio.NewScanner(resp.Body)
	for sc.Scan() {
		var line struct {
			Message struct{ Content string }
			Done    bool
		}
		if err := json.Unmarshal(sc.Bytes(), &line); err != nil {
			t.Fatalf("line %q: %v", sc.Text(), err)
		}
		answer += line.Message.Content
		done = line.Done
	}
	return answer, done
}

func TestStubAnswersAndCounts(t *testing.T) {
	s := NewStub()
	ts := httptest.NewServer(s)
	defer ts.Close()
	defer ts.Client().CloseIdleConnections()
	for i, stream := range []bool{true, false, true} {
		if got, done := text(t, ts.Client(), ts.URL, chatBody(i/2, stream)); got != s.Answer || !done {
			t.Errorf("stream %v: %q, done %v", stream, got, done)
		}
	}
	if got, _ := text(t, ts.Client(), ts.URL, chatBody(1, true)); got != s.Answer {
		t.Error(got)
	}
	if st := s.Stats(); st.Served != 4 || st.Duplicates != 1 || st.Peak != 1 {
		t.Errorf("%+v", st)
	}
	resp, err := ts.Client().Post(ts.URL+"/stub/reset", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	resp, err = ts.Client().Get(ts.URL + "/stub/stats")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var st StubStats
	if err := json.NewDecoder(resp.Body).Decode(&st); err != nil || st != (StubStats{}) {
		t.Errorf("after a reset: %+v, %v", st, err)
	}
}

// TestStubSlots: eight requests of 200ms on two slots take 800ms.
func TestStubSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewStub()
		s.Slots, s.Delay = 2, 200*time.Millisecond
		h := Serve(t, s)
		c := &http.Client{Transport: &http.Transport{DialContext: h.Dial}}
		defer c.CloseIdleConnections()
		start := time.Now()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { text(t, c, h.URL.String(), chatBody(i, true)) })
		}
		wg.Wait()
		if took := time.Since(start); took != 800*time.Millisecond {
			t.Errorf("took %v", took)
		}
		if st := s.Stats(); st.Peak != 8 || st.Span != 0.8 || st.Rate != 10 {
			t.Errorf("%+v", st)
		}
	})
}

func TestBareClient(t *testing.T) {
	s := NewStub()
	ts := httptest.NewServer(s)
	defer ts.Close()
	b := Bare{URL: ts.URL + "/api/chat", Requests: 100, InFlight: 4, Padding: 50}
	if err := b.Run(); err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.Served != 100 || st.Duplicates != 0 || st.Peak > 4 {
		t.Errorf("%+v", st)
	}
	b.URL = ts.URL + "/nothing"
	if b.Run() == nil {
		t.Error("no error from a page that is not there")
	}
}

// TestAnswersDependOnTheRequestAlone: two servers answer alike, and another seed
// or question gives another answer.
func TestAnswersDependOnTheRequestAlone(t *testing.T) {
	a, b := httptest.NewServer(NewServer()), httptest.NewServer(NewServer())
	defer a.Close()
	defer b.Close()
	defer a.Client().CloseIdleConnections()
	defer b.Client().CloseIdleConnections()
	seen := map[string]bool{}
	for i := range 20 {
		x, done := text(t, a.Client(), a.URL, chatBody(i, true))
		y, _ := text(t, b.Client(), b.URL, chatBody(i, true))
		if x != y || !done || !strings.Contains(x, "#### ") {
			t.Errorf("%q and %q", x, y)
		}
		seen[x] = true
	}
	if len(seen) < 15 {
		t.Errorf("%d different answers to 20 questions", len(seen))
	}
}

func TestHostDiesAndReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := Serve(t, NewServer())
		c := &http.Client{Transport: &http.Transport{DialContext: h.Dial}}
		defer c.CloseIdleConnections()
		get := func() error {
			resp, err := c.Get(h.URL.String() + "/api/version")
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			return err
		}
		if err := get(); err != nil {
			t.Fatal(err)
		}
		h.Down()
		if err := get(); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("error %v of a dead host", err)
		}
		h.Up()
		if err := get(); err != nil {
			t.Error(err)
		}
	})
}

func TestMixedFaults(t *testing.T) {
	script, again := Mixed(1, 30, Cut, NoDone), Mixed(1, 30, Cut, NoDone)
	faults := 0
	for i := range 1000 {
		q := Seen{Body: fmt.Appendf(nil, "request %d", i)}
		f := script(i, q)
		if g := again(i+7, q); g != f {
			t.Fatalf("request %d meets %q and %q", i, f, g)
		}
		if f != Normal {
			faults++
			if script(i, q) != Normal {
				t.Fatal("a second try meets a fault")
			}
		}
	}
	if faults < 230 || faults > 370 {
		t.Errorf("%d of 1000 requests met a fault, want about 300", faults)
	}
}

// TestTableIsWhole: every fault has its row, and every row says what follows.
func TestTableIsWhole(t *testing.T) {
	seen := map[Fault]bool{}
	for _, c := range Table {
		if seen[c.Fault] {
			t.Errorf("%s stands twice", c.Fault)
		}
		seen[c.Fault] = true
		if (c.Result == Whole) != (c.Finish != "") || (c.Result == Whole) != (c.Cause == "") {
			t.Errorf("%s: result %s, cause %q, finish %q", c.Fault, c.Result, c.Cause, c.Finish)
		}
	}
}
