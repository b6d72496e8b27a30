package runnertest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"syscall"
	"testing"
)

// Host serves a handler on a network that exists in memory only, so that it
// works inside a testing/synctest bubble. It can die and return.
type Host struct {
	URL *url.URL

	handler http.Handler
	mu      sync.Mutex
	server  *http.Server
	wires   chan net.Conn // nil while the host is down
}

// Serve starts a host that ends with the test.
func Serve(t testing.TB, h http.Handler) *Host {
	host := &Host{URL: &url.URL{Scheme: "http", Host: "model.test:11434"}, handler: h}
	host.Up()
	t.Cleanup(host.Down)
	return host
}

// Dial connects to the host, whatever the address. While the host is down the
// connection is refused.
func (h *Host) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	h.mu.Lock()
	wires := h.wires
	h.mu.Unlock()
	if wires == nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	}
	near, far := net.Pipe()
	select {
	case wires <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Up starts the host.
func (h *Host) Up() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wires = make(chan net.Conn, 1024)
	h.server = &http.Server{Handler: h.handler}
	l := &memory{wires: h.wires, closed: make(chan struct{})}
	go h.server.Serve(l)
}

// Down kills the host: all connections break, new ones are refused.
func (h *Host) Down() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wires = nil
	if h.server != nil {
		h.server.Close()
		h.server = nil
	}
}

// memory is a listener for connections made by net.Pipe.
type memory struct {
	wires  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.wires:
		return c, nil
	case <-m.closed:
		return nil, errors.New("listener closed")
	}
}

func (m *memory) Close() error {
	m.once.Do(func() {
		close(m.closed)
		for len(m.wires) > 0 { // connections that nobody accepted
			c := <-m.wires
			c.Close()
		}
	})
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "memory"} }
