package stats

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// BootstrapBradleyTerry draws battles anew, pair by pair, and returns the centred
// strengths of each draw: a check on the sandwich. Each count of wins or ties is a
// Poisson draw around the observed one, and a function of seed and draw alone. Draws
// without finite strengths are NaN throughout.
func BootstrapBradleyTerry(b Battles, draws int, seed uint64) ([][]float64, error) {
	if err := checkBattles(b); err != nil {
		return nil, fmt.Errorf("resample battles: %w", err)
	}
	if draws < 1 || draws > 1e6 {
		return nil, fmt.Errorf("resample battles: %d draws: want 1 to a million", draws)
	}
	fit, err := fitBradleyTerry(b.halves())
	if err != nil {
		return nil, fmt.Errorf("resample battles: %w", err)
	}
	m := len(b.Wins)
	groups, cov := battleCells(b), mat.DenseCopyOf(fit.covariance())
	out := newTable(nil, draws, m)
	theta, work := make([]float64, m), newBTWork(m)
	chunk := newDrawnBattles(min(draws, drawnTogether), m)
	for r := range out {
		k := r % len(chunk)
		if k == 0 {
			drawBattles(groups, chunk[:min(len(chunk), draws-r)], seed, r)
		}
		copy(theta, fit.theta)
		if work.refit(chunk[k], theta, cov) {
			centre(out[r], theta)
			continue
		}
		f, err := fitBradleyTerry(chunk[k].square(m))
		if err != nil && !errors.Is(err, ErrNotConnected) {
			return nil, fmt.Errorf("resample battles: %w", err)
		}
		centre(out[r], f.theta)
	}
	return out, nil
}

// centre writes strengths less their mean, NaN where there are none.
func centre(out, theta []float64) {
	centreAt := mean(theta)
	for i := range out {
		out[i] = math.NaN()
		if theta != nil {
			out[i] = theta[i] - centreAt
		}
	}
}

// drawnBattles are battles by pair i < j, in the order (0, 1), (0, 2), ….
type drawnBattles []drawnPair

// drawnPair is what the first model won, ties half, and the battles of the pair.
type drawnPair struct{ won, played float64 }

func newDrawnBattles(draws, m int) []drawnBattles {
	all := make([]drawnBattles, draws)
	for r := range all {
		all[r] = make(drawnBattles, m*(m-1)/2)
	}
	return all
}

// square is the table of wins of i over j.
func (d drawnBattles) square(m int) [][]float64 {
	w := newSquare(m)
	for i := range m {
		for j := i + 1; j < m; j++ {
			w[i][j], w[j][i] = d[0].won, d[0].played-d[0].won
			d = d[1:]
		}
	}
	return w
}

// add draws a count of the law for each cell.
func (d drawnBattles) add(rng *wyrand, g cellGroup) {
	own := *rng
	for _, c := range g.cells {
		var x float64
		if g.law.table != nil {
			x = g.law.table.draw(&own)
		} else {
			x = g.law.drawExactly(&own)
		}
		p := &d[c.pair]
		p.won += c.share * x
		p.played += x
	}
	*rng = own
}

// battleCell is a count that is drawn anew: wins of either model of a pair, or ties.
type battleCell struct {
	pair  int
	share float64 // what the first model gets of each: 1, 0 or ½
}

// cellGroup is the counts of one expectation: they share a law.
type cellGroup struct {
	law   *poissonLaw
	cells []battleCell
}

// battleCells sorts the counts above 0 by expectation.
func battleCells(b Battles) []cellGroup {
	var groups []cellGroup
	at := map[float64]int{}
	add := func(mu float64, c battleCell) {
		if mu <= 0 {
			return
		}
		g, known := at[mu]
		if !known {
			g = len(groups)
			at[mu] = g
			groups = append(groups, cellGroup{law: newPoissonLaw(mu)})
		}
		groups[g].cells = append(groups[g].cells, c)
	}
	pair := 0
	for i := range b.Wins {
		for j := i + 1; j < len(b.Wins); j++ {
			add(b.Wins[i][j], battleCell{pair, 1})
			add(b.Wins[j][i], battleCell{pair, 0})
			add(b.tie(j, i), battleCell{pair, 0.5})
			pair++
		}
	}
	return groups
}

// drawnTogether is how many draws take turns at the law of one group, whose table then
// stays in the cache.
const drawnTogether = 4

// drawBattles fills chunk with the draws first, first+1, …. Each has its own stream, in the
// order of the groups.
func drawBattles(groups []cellGroup, chunk []drawnBattles, seed uint64, first int) {
	var streams [drawnTogether]wyrand
	for k, d := range chunk {
		streams[k] = newStream(seed, streamBootstrap, uint64(first+k))
		clear(d)
	}
	for _, g := range groups {
		for k, d := range chunk {
			d.add(&streams[k], g)
		}
	}
}

// poissonLaw draws Poisson variates of one mean: from a table where the mean is a whole number
// up to tabledMean, else by multiplication below 10 and by Hörmann's (1993) transformed
// rejection PTRS above, both exact.
type poissonLaw struct {
	table                  *poissonTable
	mu, logMu, limit       float64
	a, b, invAlpha, accept float64
}

func newPoissonLaw(mu float64) *poissonLaw {
	p := &poissonLaw{mu: mu, logMu: math.Log(mu), limit: math.Exp(-mu)}
	p.b = 0.931 + 2.53*math.Sqrt(mu)
	p.a = -0.059 + 0.02483*p.b
	p.invAlpha = 1.1239 + 1.1328/(p.b-3.4)
	p.accept = 0.9277 - 3.6224/(p.b-2)
	if mu <= tabledMean && mu == math.Trunc(mu) {
		p.table = newPoissonTable(mu)
	}
	return p
}

// drawExactly is one variate, without the table.
func (p *poissonLaw) drawExactly(rng *wyrand) float64 {
	if p.mu < 10 {
		prod, k := rng.float64(), 0.0
		for prod > p.limit {
			prod *= rng.float64()
			k++
		}
		return k
	}
	for {
		u, v := rng.float64()-0.5, 1-rng.float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*p.a/us+p.b)*u + p.mu + 0.43)
		if us >= 0.07 && v <= p.accept {
			return k
		}
		if k < 0 || us < 0.013 && v > us {
			continue
		}
		// The log density from Loader's parts: Γ(k+1) and k·log μ both overflow
		// the digits that matter when μ is large.
		log := -p.mu
		if k > 0 {
			log = -deviance(k, p.mu) - stirlingError(k) - 0.5*math.Log(2*math.Pi*k)
		}
		if math.Log(v*p.invAlpha/(p.a/(us*us)+p.b)) <= log {
			return k
		}
	}
}
