package ollama

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// DefaultHost is where an Ollama server listens when nothing else is said.
const DefaultHost = "http://127.0.0.1:11434"

// ParseHost reads an endpoint as OLLAMA_HOST writes it: host, host:port, an IP
// address with or without brackets, with or without a scheme and a path. An
// empty string is [DefaultHost]. Without a port, http means 80, https means 443
// and no scheme means 11434. The addresses that stand for "every interface"
// (0.0.0.0, ::, or only a port) become loopback, since they cannot be dialled
// everywhere. Unlike Ollama's client, which falls back to the default port, a
// port that is no number is an error: the default might be another server.
func ParseHost(s string) (*url.URL, error) {
	in := s
	s = strings.Trim(strings.TrimSpace(s), `"'`)
	scheme, rest, ok := strings.Cut(s, "://")
	port := "11434"
	switch {
	case !ok:
		scheme, rest = "http", s
	case scheme == "http":
		port = "80"
	case scheme == "https":
		port = "443"
	default:
		return nil, badHost(in, "the scheme must be http or https")
	}
	hostport, path, _ := strings.Cut(rest, "/")
	if strings.ContainsAny(hostport, "@?# ") || strings.ContainsAny(path, "?#") {
		return nil, badHost(in, "user names, queries, fragments and spaces have no place in it")
	}
	host, p, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
		if strings.Contains(host, ":") && net.ParseIP(host) == nil {
			return nil, badHost(in, "more than one colon, and no IPv6 address")
		}
	} else {
		port = p
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return nil, badHost(in, "the port must be a number from 1 to 65535")
	}
	u := &url.URL{Scheme: scheme, Host: net.JoinHostPort(connectable(host), port)}
	if path = strings.Trim(path, "/"); path != "" {
		u.Path = "/" + path
	}
	return u, nil
}

func connectable(host string) string {
	if host == "" {
		return "127.0.0.1"
	}
	ip := net.ParseIP(host)
	switch {
	case ip == nil || !ip.IsUnspecified():
		return host
	case ip.To4() != nil:
		return "127.0.0.1"
	}
	return "::1"
}

func badHost(s, why string) error {
	return harness.Usage(fmt.Errorf("parse endpoint %q: %s", s, why),
		"write an endpoint as host, host:port or http://host:port, such as 127.0.0.1:11434")
}
