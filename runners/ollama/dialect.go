package ollama

import (
	"strconv"
	"strings"
)

// dialect is what differs between server versions and shapes what we send or
// how we read the answer.
type dialect struct {
	version string
	name    string // 0.24 or 0.30
	// draft: the server drafts tokens with a small model where the file ships
	// one, unless draft_num_predict is 0. It is a load-time option.
	draft bool
	// uncachedCount: prompt_eval_count leaves out what the cache held.
	uncachedCount bool
	// crashingPS: asking /api/ps while a model loads can crash the server.
	crashingPS bool
	// deafSampler: some architectures ignore the penalties and typical_p.
	deafSampler bool
	unknown     bool
}

// readDialect reads a version as /api/version gives it, such as "0.24.0" or
// "0.33.0-rc2". A development build says 0.0.0; it is taken for a new one.
func readDialect(version string) dialect {
	n, ok := versionNumber(version)
	d := dialect{version: version, name: "0.30", draft: true, crashingPS: true}
	if !ok || n == [3]int{} {
		d.unknown = true
		return d
	}
	if before(n, 0, 30, 0) {
		d.name, d.draft, d.deafSampler = "0.24", false, true
	}
	d.uncachedCount = n == [3]int{0, 30, 0}
	d.crashingPS = before(n, 0, 32, 4)
	return d
}

func before(n [3]int, major, minor, patch int) bool {
	m := [3]int{major, minor, patch}
	for i := range n {
		if n[i] != m[i] {
			return n[i] < m[i]
		}
	}
	return false
}

func versionNumber(s string) (n [3]int, ok bool) {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "v"), "-")
	s, _, _ = strings.Cut(s, "+")
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return n, false
	}
	for i, p := range parts {
		v, err := strconv.ParseUint(p, 10, 31)
		if err != nil {
			return n, false
		}
		n[i] = int(v)
	}
	return n, true
}
