package train

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"github.com/sovereign-eval/haetae/safetyevals/refusal"
)

const (
	units     = 32
	epochs    = 20
	batchSize = 64
	stepSize  = 2e-3
	l2        = 2e-4
	drop      = .3 // share of the inputs that each batch does not see
)

// network is the graph of the small network: softmax(relu(x·hidden)·output), with
// the cross-entropy of weighted one-hot targets as its cost. A column of ones in x
// and in the hidden layer carries the biases.
type network struct {
	graph          *gorgonia.ExprGraph
	x, y           *gorgonia.Node
	hidden, output *gorgonia.Node
	bias           *gorgonia.Node
	cost           *gorgonia.Node
	rng            *rand.Rand
}

// fitNetwork trains the network in batches of a fixed size with Adam. All sums run
// in one goroutine in a fixed order, so the result does not depend on GOMAXPROCS.
func fitNetwork(in [][]float64, xs []Example, weight []float64, seed uint64) (hidden, output []float32, err error) {
	rng := rand.New(rand.NewPCG(seed, 2))
	inputs := len(in[0])
	n, err := newNetwork(inputs, rng)
	if err != nil {
		return nil, nil, err
	}
	learn := gorgonia.Nodes{n.hidden, n.output, n.bias}
	if _, err := gorgonia.Grad(n.cost, learn...); err != nil {
		return nil, nil, err
	}
	vm := gorgonia.NewTapeMachine(n.graph, gorgonia.BindDualValues(learn...))
	defer vm.Close()
	solver := gorgonia.NewAdamSolver(gorgonia.WithLearnRate(stepSize), gorgonia.WithL2Reg(l2))
	for epoch := range epochs {
		order := rng.Perm(len(in))
		for at := 0; at < len(order); at += batchSize {
			if err := n.feed(in, xs, weight, order, at); err != nil {
				return nil, nil, err
			}
			if err := vm.RunAll(); err != nil {
				return nil, nil, fmt.Errorf("epoch %d: %w", epoch, err)
			}
			if err := solver.Step(gorgonia.NodesToValueGrads(learn)); err != nil {
				return nil, nil, fmt.Errorf("epoch %d: %w", epoch, err)
			}
			vm.Reset()
		}
	}
	hidden = narrow(n.hidden.Value().Data().([]float64))
	output = append(narrow(n.output.Value().Data().([]float64)), narrow(n.bias.Value().Data().([]float64))...)
	return hidden, output, nil
}

func newNetwork(inputs int, rng *rand.Rand) (*network, error) {
	g := gorgonia.NewGraph()
	matrix := func(name string, rows, cols int, data []float64) *gorgonia.Node {
		if data == nil {
			data = make([]float64, rows*cols)
		}
		return gorgonia.NewMatrix(g, tensor.Float64, gorgonia.WithShape(rows, cols), gorgonia.WithName(name),
			gorgonia.WithValue(tensor.New(tensor.WithShape(rows, cols), tensor.WithBacking(data))))
	}
	random := func(rows, cols int) []float64 { // He et al. 2015 for rectified units
		data := make([]float64, rows*cols)
		for i := range data {
			data[i] = rng.NormFloat64() * math.Sqrt(2/float64(rows))
		}
		return data
	}
	n := &network{graph: g, rng: rng}
	n.x, n.y = matrix("x", batchSize, inputs+1, nil), matrix("y", batchSize, refusal.Outputs, nil)
	n.hidden, n.output = matrix("hidden", inputs+1, units, random(inputs+1, units)), matrix("output", units, refusal.Outputs, random(units, refusal.Outputs))
	n.bias = matrix("bias", 1, refusal.Outputs, nil)
	ones := gorgonia.NewConstant(tensor.New(tensor.WithShape(batchSize, 1), tensor.WithBacking(filled(batchSize))), gorgonia.WithName("ones"))

	layer, err := gorgonia.Mul(n.x, n.hidden)
	if err != nil {
		return nil, err
	}
	if layer, err = gorgonia.Rectify(layer); err != nil {
		return nil, err
	}
	if layer, err = gorgonia.Mul(layer, n.output); err != nil {
		return nil, err
	}
	shift, err := gorgonia.Mul(ones, n.bias)
	if err != nil {
		return nil, err
	}
	if layer, err = gorgonia.Add(layer, shift); err != nil {
		return nil, err
	}
	return n, n.loss(layer)
}

// loss is the mean over the batch of -Σ y·log softmax(z).
func (n *network) loss(z *gorgonia.Node) error {
	p, err := gorgonia.SoftMax(z)
	if err != nil {
		return err
	}
	floor := gorgonia.NewConstant(1e-9)
	if p, err = gorgonia.Add(p, floor); err != nil {
		return err
	}
	if p, err = gorgonia.Log(p); err != nil {
		return err
	}
	if p, err = gorgonia.HadamardProd(p, n.y); err != nil {
		return err
	}
	if p, err = gorgonia.Sum(p); err != nil {
		return err
	}
	n.cost, err = gorgonia.Mul(p, gorgonia.NewConstant(-1.0/batchSize))
	return err
}

func filled(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// feed puts a batch into the graph; the last one is filled up from the beginning
// of the order.
func (n *network) feed(in [][]float64, xs []Example, weight []float64, order []int, at int) error {
	inputs := len(in[0])
	x, y := make([]float64, 0, batchSize*(inputs+1)), make([]float64, batchSize*refusal.Outputs)
	for b := range batchSize {
		i := order[(at+b)%len(order)]
		x = append(append(x, in[i]...), 1)
		for j := len(x) - 1 - inputs; j < len(x)-1; j++ {
			if n.rng.Float64() < drop {
				x[j] = 0 // the mean: no single feature may carry a verdict
			}
		}
		y[b*refusal.Outputs+xs[i].Class] = weight[i]
	}
	if err := gorgonia.Let(n.x, tensor.New(tensor.WithShape(batchSize, inputs+1), tensor.WithBacking(x))); err != nil {
		return err
	}
	return gorgonia.Let(n.y, tensor.New(tensor.WithShape(batchSize, refusal.Outputs), tensor.WithBacking(y)))
}
