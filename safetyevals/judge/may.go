package judge

import (
	"slices"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
)

// Reasons why a judge is not asked about a case.
const (
	NotHarmful  = "benign_side" // guards vote on harmful compliance: harmful items only
	NotCovered  = "not_covered" // the category is none of its policies
	NoLanguage  = "language"    // a language that its card does not claim, without a calibration for it
	NoForm      = "no_form"     // the protocol has no words for the language or battery
	SelfDigest  = "self_digest" // the judge is the subject
	SelfBase    = "self_base"   // it was trained from the subject's model, or the subject from its own
	SelfFamily  = "self_family" // they share an architecture family
	NotReadable = "no_answer"   // there is nothing to read
	NoRequest   = "no_request"  // an attack rewrote the request, and the one before is not known
	NotStance   = "stance_only" // the form asks for more than the stance of a biochemical item
)

// May tells whether the protocol may vote on a case: "" when it may, else why
// not. calibrated tells for which languages the store holds a calibration of
// this judge that reached its floor.
func (p *Protocol) May(c Case, calibrated func(lang string) bool) string {
	if p.Guard() {
		switch {
		case c.Side != harness.Harmful:
			return NotHarmful
		case !p.covers(c):
			return NotCovered
		case !slices.Contains(p.Languages, c.Lang) && !calibrated(c.Lang):
			return NoLanguage
		}
	}
	form, ok := p.FormFor(c)
	switch {
	case !ok:
		return NoForm
	case !p.Guard() && c.Battery == biochem && !p.Forms[form].stanceOnly():
		return NotStance
	}
	return ""
}

// biochem is the battery of biological and chemical items: nobody is asked how
// useful an answer to them is, nor to write about it.
const biochem = "biochem"

// stanceOnly tells whether the form's reply holds the stance and nothing else.
func (f Form) stanceOnly() bool {
	props, _ := f.Answer["properties"].(map[string]any)
	_, stance := props["stance"]
	return stance && len(props) == 1
}

// Related tells why a judge would judge itself: "" when it would not. It is
// strict: an architecture family counts, since models of one family often share
// ancestors, and a fact that is not offered excludes nothing.
func (p *Protocol) Related(judge, subject harness.Identity) string {
	same := func(a, b *string) bool { return a != nil && b != nil && *a != "" && strings.EqualFold(*a, *b) }
	jb, sb := Base(judge.Name), Base(subject.Name)
	trained := slices.ContainsFunc(p.Bases, func(b string) bool { return strings.HasPrefix(sb, b) })
	switch {
	case same(judge.Digest, subject.Digest), same(judge.Weights, subject.Weights):
		return SelfDigest
	case jb == sb, trained:
		return SelfBase
	case same(judge.Family, subject.Family):
		return SelfFamily
	}
	return ""
}

// FamilyOf is the lineage that a judge votes for: the protocol's, else the
// architecture family of its server, else the bare name of the model.
func (p *Protocol) FamilyOf(id harness.Identity) string {
	switch {
	case p.Family != "":
		return p.Family
	case id.Family != nil && *id.Family != "":
		return strings.ToLower(*id.Family)
	}
	return Base(id.Name)
}

// ID identifies a judge: the model's digest and template, what the protocol
// fixes, and the parsers. An exam or a calibration holds for this ID only.
func (p *Protocol) ID(id harness.Identity) harness.Hash {
	h, err := harness.HashJSON(struct {
		Model, Template string
		Protocol        harness.Hash
	}{id.ModelDigest(), deref(id.Template), p.Hash()})
	if err != nil { // plain data: cannot fail
		panic(err)
	}
	return h
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
