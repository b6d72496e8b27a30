package stats

import (
	"math"
	"testing"
)

// Designs hold what they promise when their data are compared: outcomes of 0 and 1 by
// enumeration, graded scores by simulation.
func TestDesignsHaveTheirPower(t *testing.T) {
	for _, n := range []int{100, 200} {
		const p, rho = 0.7, 0.5
		variance := 2 * p * (1 - p) * (1 - rho)
		delta := Design{Omega2: variance, KA: 1, KB: 1, Alpha: 0.05, Power: 0.8}.MDE(n)
		// Pairs won by a, and by b, with this difference and this variance.
		differ := variance + delta*delta
		up, down := (differ+delta)/2, (differ-delta)/2
		var power float64
		for a := range n + 1 {
			for b := range n + 1 - a {
				if _, midP := McNemar(a, b); midP < 0.05 {
					power += math.Exp(logTrinomial(a, b, n, up, down))
				}
			}
		}
		if math.Abs(power-0.8) > 0.025 {
			t.Errorf("%d pairs with a difference of %v: power %v, want 0.8", n, delta, power)
		}
	}
	const delta, runs = 0.1, 2000
	n := int(math.Ceil(Design{Omega2: 1. / 9, KA: 1, KB: 1, Alpha: 0.05, Power: 0.8}.Questions(delta)))
	seen := 0
	for r := range runs {
		rng := newStream(31, streamSimulation, uint64(r))
		a, b := make([]float64, n), make([]float64, n)
		for i := range a {
			b[i] = rng.normal()
			a[i] = b[i] + delta + rng.normal()/3
		}
		if (PairedScore{}).Compare(Obs{Values: a}, Obs{Values: b}, 0.95).Significant() {
			seen++
		}
	}
	if power := float64(seen) / runs; math.Abs(power-0.795) > 3*math.Sqrt(0.8*0.2/runs) {
		t.Errorf("%d graded pairs: power %v, want 0.795", n, power)
	}
}

// A design effect counts questions in what they are worth, and Student's t takes z²/2 of them:
// MDE undoes Questions.
func TestDesignsOfClustersAndOfStudent(t *testing.T) {
	plain := Design{Omega2: 1. / 9, KA: 1, KB: 1, Alpha: 0.05, Power: 0.8}
	d := plain
	d.Inflate, d.Student = DesignEffect(5, 0.2), true
	z := NormalQuantile(0.975)
	n := d.Questions(0.1)
	if want := (plain.Questions(0.1) + z*z/2) * 1.8; math.Abs(n-want) > 1e-9 {
		t.Errorf("%v questions, want %v", n, want)
	}
	whole := int(math.Ceil(n))
	if m := d.MDE(whole); !(m <= 0.1 && m > 0.0995) || !(d.MDE(whole-1) > 0.1) {
		t.Errorf("%d questions see %v, one less %v, want 0.1", whole, m, d.MDE(whole-1))
	}
	d.Student = false
	if m, want := d.MDE(90), plain.MDE(50); math.Abs(m-want) > 1e-12 {
		t.Errorf("90 clustered questions see %v, want that of 50, %v", m, want)
	}
	d.Student = true
	if m := d.MDE(5); !math.IsNaN(m) {
		t.Errorf("5 questions see %v with Student's t", m)
	}
}

// logTrinomial is the log probability of a and b of n with probabilities p and q.
func logTrinomial(a, b, n int, p, q float64) float64 {
	lg := func(k int) float64 {
		v, _ := math.Lgamma(float64(k) + 1)
		return v
	}
	return lg(n) - lg(a) - lg(b) - lg(n-a-b) + float64(a)*math.Log(p) + float64(b)*math.Log(q) + float64(n-a-b)*math.Log1p(-p-q)
}
