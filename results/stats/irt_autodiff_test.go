package stats

import (
	"math"
	"math/rand/v2"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// TestIRTScoreByAutodiff holds the derivatives that the M-step is made of against
// gorgonia's automatic differentiation of the objective itself: for one item,
//
//	rightTheta·a + right·d − Σ_k m_k log(1 + exp(a θ_k + d)) + log priors of a and d.
//
// Gorgonia is used here only; nothing of this package ships with it.
func TestIRTScoreByAutodiff(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	for range 20 {
		em := &irtEM{h: 0.25, lo: -24, hi: 24, opt: IRTOptions{LogSlope: Normal{0.1, 0.5}, Intercept: Normal{0, 3}}}
		mass, prob := make([]float64, em.nodes()), make([]float64, em.nodes())
		a, d := math.Exp(rng.NormFloat64()*.4), rng.NormFloat64()*2
		var right, rightTheta float64
		for k := range mass {
			th := em.theta(k)
			mass[k] = 40 * math.Exp(-th*th/2) * rng.Float64()
			prob[k] = 1 / (1 + math.Exp(-(a*th + d)))
			r := mass[k] * rng.Float64()
			right, rightTheta = right+r, rightTheta+r*th
		}
		s := em.itemScore(prob, mass, right, rightTheta)
		em.addPriors(&s, a, d)
		ga, gd := autodiffScore(t, em, mass, right, rightTheta, a, d)
		near(t, "derivative in the slope", s.ga, ga, 1e-9)
		near(t, "derivative in the intercept", s.gd, gd, 1e-9)
	}
}

// autodiffScore differentiates the objective at (a, d). Every node is named:
// gorgonia takes unnamed inputs of one shape for the same node.
func autodiffScore(t *testing.T, em *irtEM, mass []float64, right, rightTheta, a, d float64) (ga, gd float64) {
	t.Helper()
	g := gorgonia.NewGraph()
	theta := make([]float64, len(mass))
	for k := range theta {
		theta[k] = em.theta(k)
	}
	vector := func(name string, v []float64) *gorgonia.Node {
		return gorgonia.NewVector(g, tensor.Float64, gorgonia.WithShape(len(v)), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(len(v)), tensor.WithBacking(v))))
	}
	scalar := func(name string, v float64) *gorgonia.Node {
		return gorgonia.NewScalar(g, tensor.Float64, gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	must := func(n *gorgonia.Node, err error) *gorgonia.Node {
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	A, D, th, m := scalar("a", a), scalar("d", d), vector("theta", theta), vector("mass", mass)
	constant := func(name string, v float64) *gorgonia.Node { return scalar(name, v) }
	logit := must(gorgonia.Add(must(gorgonia.Mul(A, th)), D))
	soft := must(gorgonia.Log1p(must(gorgonia.Exp(logit))))
	fit := must(gorgonia.Sub(must(gorgonia.Add(must(gorgonia.Mul(A, constant("rt", rightTheta))), must(gorgonia.Mul(D, constant("r", right))))),
		must(gorgonia.Sum(must(gorgonia.HadamardProd(m, soft))))))
	logA := must(gorgonia.Log(A))
	za := must(gorgonia.Sub(logA, constant("mean", em.opt.LogSlope.Mean)))
	ka, kd := constant("ka", 1/(2*em.opt.LogSlope.SD*em.opt.LogSlope.SD)), constant("kd", 1/(2*em.opt.Intercept.SD*em.opt.Intercept.SD))
	priorA := must(gorgonia.Add(must(gorgonia.Mul(must(gorgonia.Square(za)), ka)), logA))
	priorD := must(gorgonia.Mul(must(gorgonia.Square(D)), kd))
	loss := must(gorgonia.Sub(must(gorgonia.Sub(fit, priorA)), priorD))
	grads, err := gorgonia.Grad(loss, A, D)
	if err != nil {
		t.Fatal(err)
	}
	var va, vd gorgonia.Value
	gorgonia.Read(grads[0], &va)
	gorgonia.Read(grads[1], &vd)
	vm := gorgonia.NewTapeMachine(g)
	defer vm.Close()
	if err := vm.RunAll(); err != nil {
		t.Fatal(err)
	}
	return va.Data().(float64), vd.Data().(float64)
}
