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
	fit, err := fitBradleyTerry(b.halves(), nil)
	if err != nil {
		return nil, fmt.Errorf("resample battles: %w", err)
	}
	m := len(b.Wins)
	cells, cov := battleCells(b), mat.DenseCopyOf(fit.covariance())
	out := newTable(nil, draws, m)
	w, theta, work := newSquare(m), make([]float64, m), newBTWork(m)
	for r := range out {
		rng := newStream(seed, streamBootstrap, uint64(r))
		drawBattles(&rng, cells, w)
		copy(theta, fit.theta)
		if work.refit(w, theta, cov) {
			centre(out[r], theta)
			continue
		}
		f, err := fitBradleyTerry(w, nil)
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

// battleCell is a count that is drawn anew: wins of i over j, or ties.
type battleCell struct {
	i, j int32
	tie  bool
	law  *poissonLaw // shared by the cells of one count
}

func battleCells(b Battles) []battleCell {
	var cells []battleCell
	laws := map[float64]*poissonLaw{}
	add := func(i, j int, tie bool, mu float64) {
		if mu <= 0 {
			return
		}
		law := laws[mu]
		if law == nil {
			law = newPoissonLaw(mu)
			laws[mu] = law
		}
		cells = append(cells, battleCell{int32(i), int32(j), tie, law})
	}
	for i := range b.Wins {
		for j := range b.Wins {
			if i != j {
				add(i, j, false, b.Wins[i][j])
			}
			if j < i {
				add(i, j, true, b.tie(i, j))
			}
		}
	}
	return cells
}

// drawBattles fills w with a draw of all cells.
func drawBattles(rng *wyrand, cells []battleCell, w [][]float64) {
	for _, row := range w {
		clear(row)
	}
	for k := range cells {
		c := &cells[k]
		x := c.law.draw(rng)
		if c.tie {
			w[c.i][c.j] += x / 2
			w[c.j][c.i] += x / 2
			continue
		}
		w[c.i][c.j] += x
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

func (p *poissonLaw) draw(rng *wyrand) float64 {
	if p.table != nil {
		return p.table.draw(rng)
	}
	return p.drawExactly(rng)
}

// drawExactly is draw without a table.
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
