package stats

import (
	"errors"
	"fmt"
	"math"
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
	cells := battleCells(b)
	out := newTable(nil, draws, m)
	w, theta, work := newSquare(m), make([]float64, m), newBTWork(m)
	for r := range out {
		rng := newStream(seed, streamBootstrap, uint64(r))
		drawBattles(&rng, cells, w)
		copy(theta, fit.theta)
		if work.refit(w, theta, fit.info) {
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
	i, j int
	tie  bool
	law  poissonLaw
}

func battleCells(b Battles) []battleCell {
	var cells []battleCell
	for i := range b.Wins {
		for j := range b.Wins {
			if i != j && b.Wins[i][j] > 0 {
				cells = append(cells, battleCell{i, j, false, newPoissonLaw(b.Wins[i][j])})
			}
			if j < i && b.tie(i, j) > 0 {
				cells = append(cells, battleCell{i, j, true, newPoissonLaw(b.tie(i, j))})
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

// poissonLaw draws Poisson variates of one mean: by multiplication below 10, above by
// Hörmann's (1993) transformed rejection PTRS, both exact.
type poissonLaw struct {
	mu, logMu, limit       float64
	a, b, invAlpha, accept float64
}

func newPoissonLaw(mu float64) poissonLaw {
	p := poissonLaw{mu: mu, logMu: math.Log(mu), limit: math.Exp(-mu)}
	p.b = 0.931 + 2.53*math.Sqrt(mu)
	p.a = -0.059 + 0.02483*p.b
	p.invAlpha = 1.1239 + 1.1328/(p.b-3.4)
	p.accept = 0.9277 - 3.6224/(p.b-2)
	return p
}

func (p *poissonLaw) draw(rng *wyrand) float64 {
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
