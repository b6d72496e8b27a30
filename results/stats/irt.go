package stats

import (
	"errors"
	"fmt"
	"math"
)

// IRTData are answers of persons (models) to items: Answers[i][j] is 1 where person i
// got item j right, 0 where wrong, NaN where it was not asked. Weights[i] says how
// many persons gave the row (nil: one each).
type IRTData struct {
	Answers [][]float64
	Weights []float64
}

// IRTOptions choose the model that [FitIRT] fits. The zero value is the 2PL with
// priors, which is what evaluation data need.
type IRTOptions struct {
	// Rasch gives all items one slope, equivalent to a free variance of ability.
	Rasch bool
	// NoPriors fits by plain marginal maximum likelihood. With fewer persons than
	// items, the rule in evaluation, slopes then run away: leave it false.
	NoPriors bool
	// LogSlope is the normal prior of log a (default mean 0.1, SD 0.5) and
	// Intercept that of d (default mean 0, SD 3). Ignored with NoPriors.
	LogSlope, Intercept Normal
	// Tolerance ends the fit when no parameter moves more in one cycle (default
	// 1e-6), MaxCycles (default 2000) ends it in any case, with Converged false.
	Tolerance float64
	MaxCycles int
	// StandardErrors asks for SEA and SED from the observed information. Above 100
	// items the items are treated as independent of each other in it.
	StandardErrors bool
}

// Normal is a normal distribution; an SD of 0 means the default.
type Normal struct{ Mean, SD float64 }

// IRTFit are the item parameters of a two-parameter logistic model
//
//	P(right | θ) = 1/(1+exp(-(A[j]·θ + D[j]))),  θ ~ N(0,1)
//
// with slope A and intercept D; the difficulty is B = -D/A.
type IRTFit struct {
	A, D      []float64
	SEA, SED  []float64 // nil unless asked for
	LogLik    float64   // marginal log-likelihood, priors left out
	LogPost   float64   // with the log densities of the priors
	Cycles    int
	Nodes     int // quadrature nodes of the last cycle
	Converged bool
	Warnings  []Warning
}

// B returns the difficulties -D/A: where on the ability scale each item is answered
// with probability ½.
func (f IRTFit) B() []float64 {
	b := make([]float64, len(f.A))
	for j := range b {
		b[j] = -f.D[j] / f.A[j]
	}
	return b
}

// Bank returns the fitted items for ability estimation and adaptive choice.
func (f IRTFit) Bank() ItemBank { return ItemBank{A: f.A, B: f.B()} }

// FitIRT estimates the slopes and intercepts of items from the answers of persons by
// marginal maximum likelihood or, with priors, Bayes modal estimation: the EM
// algorithm of Bock and Aitkin (1981) and Mislevy (1986), sped up by SQUAREM (Varadhan
// and Roland 2008). Ability is integrated out on a grid whose step follows the
// narrowest posterior, since with hundreds of items a fixed grid misses it.
//
// It answers "which items are hard, and which tell good models from bad?". It assumes
// one ability behind all items and answers that are independent given it; items of a
// shared passage break that. It returns an error for answers that are not 0, 1 or
// NaN, for rows of unequal length, and for fewer than 2 persons or items.
func FitIRT(data IRTData, opt IRTOptions) (IRTFit, error) {
	if err := checkIRT(data); err != nil {
		return IRTFit{}, fmt.Errorf("fit item response model: %w", err)
	}
	em := newIRTEM(data, opt)
	fit := em.run()
	if opt.StandardErrors {
		fit.SEA, fit.SED = em.standardErrors()
	}
	if !fit.Converged {
		fit.Warnings = warn(fit.Warnings, WarnNotConverged, "no convergence in %d cycles: do not use the slopes", fit.Cycles)
	}
	if opt.NoPriors && em.persons() < 10*em.items {
		fit.Warnings = warn(fit.Warnings, WarnSmallSample,
			"%d persons for %d items without priors: slopes are not to be trusted", em.persons(), em.items)
	}
	return fit, nil
}

func checkIRT(d IRTData) error {
	if len(d.Answers) < 2 {
		return fmt.Errorf("%d rows of answers: need at least 2", len(d.Answers))
	}
	items := len(d.Answers[0])
	if items < 2 {
		return fmt.Errorf("%d items: need at least 2", items)
	}
	if d.Weights != nil && len(d.Weights) != len(d.Answers) {
		return fmt.Errorf("%d weights for %d rows of answers", len(d.Weights), len(d.Answers))
	}
	total := 0.0
	for i, row := range d.Answers {
		if len(row) != items {
			return fmt.Errorf("row %d has %d answers, row 0 has %d", i, len(row), items)
		}
		for j, y := range row {
			if y != 0 && y != 1 && !math.IsNaN(y) {
				return fmt.Errorf("row %d item %d: answer %v: want 1, 0 or NaN", i, j, y)
			}
		}
		w := 1.0
		if d.Weights != nil {
			w = d.Weights[i]
		}
		if !(w >= 0) || math.IsInf(w, 0) {
			return fmt.Errorf("weight %d is %v: want a finite number of at least 0", i, w)
		}
		total += w
	}
	if !(total > 0) {
		return errors.New("all weights are 0")
	}
	return nil
}

// normalLogPDF is the log density, 0 for an SD that is not positive.
func (n Normal) logPDF(x float64) float64 {
	if !(n.SD > 0) {
		return 0
	}
	z := (x - n.Mean) / n.SD
	return -z*z/2 - math.Log(n.SD) - halfLog2Pi
}
