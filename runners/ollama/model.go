package ollama

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ollama/ollama/api"

	"github.com/sovereign-eval/haetae/harness"
)

// Options of a [Model]. The zero value is ready to use.
type Options struct {
	// Slots is the number of generations that connections are kept for; more at
	// a time wait for one. 0 stands for 64.
	Slots int
	// KeepAlive is how long the server keeps the model after a request. 0 stands
	// for 10 minutes, right for a server that others use too; a negative value
	// keeps it as long as the server runs.
	KeepAlive time.Duration
	// LoadTimeout is the time until the first token, loading included; 0 stands
	// for 10 minutes.
	LoadTimeout time.Duration
	// IdleTimeout is the time between two tokens; 0 stands for 2 minutes.
	IdleTimeout time.Duration
	// ProbeTimeout is the time that a healthy server takes at most to say its
	// version; 0 stands for 5 seconds.
	ProbeTimeout time.Duration
	// Dial opens connections; nil stands for TCP with a limit of 5 seconds.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Model is one model on one Ollama server. It implements [harness.Model],
// [harness.Describer], [harness.Warmer] and [harness.Prober].
type Model struct {
	base *url.URL
	name string
	opts Options

	chat  *http.Request   // what every generation's request starts from
	work  *http.Transport // generations
	admin *http.Transport // everything else: never waits behind a generation

	factsMu sync.Mutex
	facts   atomic.Pointer[facts]
	profile atomic.Pointer[profile] // of the latest request
	loaded  atomic.Pointer[harness.Params]
	// rendered is the answer of the latest Load, for the Describe that follows.
	rendered atomic.Pointer[api.ChatResponse]
	// generates: asked to render only, the server generated an answer.
	generates atomic.Bool
}

var (
	_ harness.Model     = (*Model)(nil)
	_ harness.Describer = (*Model)(nil)
	_ harness.Warmer    = (*Model)(nil)
	_ harness.Prober    = (*Model)(nil)
)

// New returns the model called name on the server at endpoint. Nothing is sent
// before the first call of a method.
func New(endpoint *url.URL, name string, o Options) *Model {
	o.defaults()
	m := &Model{base: endpoint, name: strings.TrimSpace(name), opts: o}
	m.work = newTransport(o.Slots+8, o.Dial)
	m.admin = newTransport(4, o.Dial)
	u := endpoint.JoinPath("api", "chat")
	if !strings.HasPrefix(u.Path, "/") { // JoinPath leaves it off below an empty path
		u.Path = "/" + u.Path
	}
	m.chat = &http.Request{Method: http.MethodPost, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}, "User-Agent": {"haetae"}}}
	return m
}

func (o *Options) defaults() {
	set := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	set(&o.KeepAlive, 10*time.Minute)
	set(&o.LoadTimeout, 10*time.Minute)
	set(&o.IdleTimeout, 2*time.Minute)
	set(&o.ProbeTimeout, 5*time.Second)
	if o.Slots <= 0 {
		o.Slots = 64
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: 5 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	}
}

// newTransport returns a transport for one server. Proxy variables are not
// honoured: prompts go where the endpoint says and nowhere else. Used below
// http.Client, it follows no redirect and keeps no cookie.
func newTransport(conns int, dial func(context.Context, string, string) (net.Conn, error)) *http.Transport {
	return &http.Transport{
		Proxy: nil,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := dial(ctx, network, addr)
			if err != nil {
				return nil, &dialError{err}
			}
			return c, nil
		},
		MaxIdleConnsPerHost:    conns,
		MaxConnsPerHost:        conns,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
	}
}

// Name returns the name that the model was asked for by.
func (m *Model) Name() string { return m.name }

// Endpoint returns the address of the server.
func (m *Model) Endpoint() string { return m.base.String() }

// Close closes idle connections. The model can still be used.
func (m *Model) Close() error {
	m.work.CloseIdleConnections()
	m.admin.CloseIdleConnections()
	return nil
}
