package score

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/dlclark/regexp2"
)

// matchTimeout bounds a backtracking match of an imported pattern.
const matchTimeout = 200 * time.Millisecond

// pattern finds its only group, or its whole match, in a text.
type pattern interface {
	// find returns the first or the last match.
	find(text string, last bool) (found string, ok bool, err error)
}

// newPattern compiles src with one of the engines re2 (linear time) and regexp2
// (backtracking, for imported patterns, with a timeout).
func newPattern(src, engine string, fold bool) (pattern, error) {
	if engine == "regexp2" {
		opts := regexp2.None
		if fold {
			opts = regexp2.IgnoreCase
		}
		re, err := regexp2.Compile(src, regexp2.RegexOptions(opts))
		if err != nil {
			return nil, err
		}
		if n := len(re.GetGroupNumbers()); n > 2 {
			return nil, fmt.Errorf("pattern has %d groups, at most one is allowed: write (?:…)", n-1)
		}
		re.MatchTimeout = matchTimeout
		return backtracking{re}, nil
	}
	if fold {
		src = "(?i:" + src + ")"
	}
	re, err := regexp.Compile(src)
	if err != nil {
		return nil, err
	}
	if re.NumSubexp() > 1 {
		return nil, fmt.Errorf("pattern has %d groups, at most one is allowed: write (?:…)", re.NumSubexp())
	}
	return linear{re}, nil
}

var errSlow = errors.New("too slow")

type linear struct{ re *regexp.Regexp }

func (p linear) find(text string, last bool) (string, bool, error) {
	loc := p.re.FindStringSubmatchIndex(text)
	if loc == nil {
		return "", false, nil
	}
	if last {
		all := p.re.FindAllStringSubmatchIndex(text, -1)
		loc = all[len(all)-1]
	}
	if len(loc) > 2 && loc[2] >= 0 {
		return text[loc[2]:loc[3]], true, nil
	}
	return text[loc[0]:loc[1]], true, nil
}

type backtracking struct{ re *regexp2.Regexp }

func (p backtracking) find(text string, last bool) (string, bool, error) {
	m, err := p.re.FindStringMatch(text)
	deadline := time.Now().Add(matchTimeout)
	for last && m != nil && err == nil {
		next, e := p.re.FindNextMatch(m)
		if err = e; next == nil {
			break
		}
		m = next
		if time.Now().After(deadline) {
			err = errSlow
		}
	}
	if err != nil { // its text holds the answer
		return "", false, fmt.Errorf("match pattern: took longer than %v", matchTimeout)
	}
	if m == nil {
		return "", false, nil
	}
	if g := m.GroupByNumber(1); g != nil && len(g.Captures) > 0 {
		return g.String(), true, nil
	}
	return m.String(), true, nil
}
