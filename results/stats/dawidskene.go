package stats

import "math"

// dawidSkeneFit is the two-class latent truth model of a panel of judges.
type dawidSkeneFit struct {
	prevalence               float64
	sensitivity, specificity []float64
	posterior                []float64 // P(class 1) of each item
	converged                bool
}

// dawidSkene runs the EM algorithm of Dawid and Skene (1979) on labels of items by
// judges (0, 1, or NaN for none), from the share of 1s, to convergence. It assumes
// that judges err independently given the truth; judges of one family do not.
func dawidSkene(labels [][]float64) dawidSkeneFit {
	if len(labels) == 0 || len(labels[0]) == 0 {
		return dawidSkeneFit{prevalence: math.NaN()}
	}
	judges := len(labels[0])
	f := dawidSkeneFit{sensitivity: make([]float64, judges), specificity: make([]float64, judges),
		posterior: make([]float64, len(labels))}
	for i, row := range labels {
		var ones, given float64
		for _, v := range row {
			if !math.IsNaN(v) {
				ones += v
				given++
			}
		}
		f.posterior[i] = 0.5
		if given > 0 {
			f.posterior[i] = ones / given
		}
	}
	for range min(50000, 1000+int(2e8)/(judges*len(labels))) {
		f.maximise(labels)
		if f.expect(labels) < 1e-16 {
			f.converged = true
			break
		}
	}
	return f
}

// maximise sets the rates from the posteriors.
func (f *dawidSkeneFit) maximise(labels [][]float64) {
	f.prevalence = mean(f.posterior)
	for j := range f.sensitivity {
		var hit, pos, reject, neg float64
		for i, row := range labels {
			if math.IsNaN(row[j]) {
				continue
			}
			p := f.posterior[i]
			pos += p
			neg += 1 - p
			hit += p * row[j]
			reject += (1 - p) * (1 - row[j])
		}
		f.sensitivity[j], f.specificity[j] = hit/pos, reject/neg
	}
}

// expect sets the posteriors from the rates and returns the largest change.
func (f *dawidSkeneFit) expect(labels [][]float64) float64 {
	var moved float64
	for i, row := range labels {
		one, zero := f.prevalence, 1-f.prevalence
		for j, v := range row {
			switch v {
			case 1:
				one *= f.sensitivity[j]
				zero *= 1 - f.specificity[j]
			case 0:
				one *= 1 - f.sensitivity[j]
				zero *= f.specificity[j]
			}
		}
		p := one / (one + zero)
		if math.IsNaN(p) { // no class explains the labels: keep what was
			p = f.posterior[i]
		}
		moved = math.Max(moved, math.Abs(p-f.posterior[i]))
		f.posterior[i] = p
	}
	return moved
}
