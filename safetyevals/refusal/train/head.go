package train

import (
	"fmt"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

const (
	steps    = 80
	stepSize = .05
	l2       = .1 // on the mean loss: strong, because the inputs are many and the whole answers few
)

// fitHead trains the multinomial logistic model of the standardized inputs on the
// examples that use allows: Adam on the whole set at each step, from zero. All sums
// run in one goroutine in a fixed order, so the result does not depend on
// GOMAXPROCS.
func fitHead(raw [][]float64, xs []Example, weight []float64, use func(int) bool) (v refusal.Voice, err error) {
	v.Mean, v.Scale = moments(raw, weight, use)
	var x, y []float64
	rows, sum := 0, 0.0
	for i := range raw {
		if !use(i) {
			continue
		}
		target := make([]float64, refusal.Outputs)
		target[xs[i].Class] = weight[i]
		x, y = append(x, v.Clip(raw[i])...), append(y, target...)
		rows, sum = rows+1, sum+weight[i]
	}
	for i := range y {
		y[i] /= sum // so that the cost is the weighted mean
	}
	inputs := len(raw[0])
	h, err := newHead(x, y, rows, inputs)
	if err != nil {
		return v, err
	}
	learn := gorgonia.Nodes{h.weights, h.bias}
	if _, err := gorgonia.Grad(h.cost, learn...); err != nil {
		return v, err
	}
	vm := gorgonia.NewTapeMachine(h.graph, gorgonia.BindDualValues(learn...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(stepSize))
	for step := range steps {
		if err := vm.RunAll(); err != nil {
			return v, fmt.Errorf("step %d: %w", step, err)
		}
		if err := solver.Step(gorgonia.NodesToValueGrads(learn)); err != nil {
			return v, fmt.Errorf("step %d: %w", step, err)
		}
		vm.Reset()
	}
	v.Head = append(narrow(h.weights.Value().Data().([]float64)), narrow(h.bias.Value().Data().([]float64))...)
	return v, nil
}

// head is the graph of the model: softmax(x·weights + bias) with the weighted
// cross-entropy and the squares of the weights as its cost.
type head struct {
	graph         *gorgonia.ExprGraph
	weights, bias *gorgonia.Node
	cost          *gorgonia.Node
}

func newHead(x, y []float64, rows, inputs int) (*head, error) {
	g := gorgonia.NewGraph()
	matrix := func(name string, rows, cols int, data []float64) *gorgonia.Node {
		return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(rows, cols), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))))
	}
	h := &head{graph: g, weights: matrix("weights", inputs, refusal.Outputs, make([]float64, inputs*refusal.Outputs)), bias: matrix("bias", 1, refusal.Outputs, make([]float64, refusal.Outputs))}
	in, want := matrix("x", rows, inputs, x), matrix("y", rows, refusal.Outputs, y)
	ones := make([]float64, rows)
	for i := range ones {
		ones[i] = 1
	}
	z, err := gorgonia.Mul(in, h.weights)
	if err != nil {
		return nil, err
	}
	shift, err := gorgonia.Mul(matrix("ones", rows, 1, ones), h.bias)
	if err != nil {
		return nil, err
	}
	if z, err = gorgonia.Add(z, shift); err != nil {
		return nil, err
	}
	if z, err = gorgonia.SoftMax(z); err != nil {
		return nil, err
	}
	if z, err = gorgonia.Add(z, gorgonia.NewConstant(1e-9)); err != nil {
		return nil, err
	}
	if z, err = gorgonia.Log(z); err != nil {
		return nil, err
	}
	if z, err = gorgonia.HadamardProd(z, want); err != nil {
		return nil, err
	}
	if z, err = gorgonia.Sum(z); err != nil {
		return nil, err
	}
	squares, err := gorgonia.HadamardProd(h.weights, h.weights)
	if err != nil {
		return nil, err
	}
	if squares, err = gorgonia.Sum(squares); err != nil {
		return nil, err
	}
	if squares, err = gorgonia.Mul(squares, gorgonia.NewConstant(l2/2)); err != nil {
		return nil, err
	}
	h.cost, err = gorgonia.Sub(squares, z)
	return h, err
}
