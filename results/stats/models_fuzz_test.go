package stats

import (
	"math"
	"testing"
)

// hostile turns bytes into numbers: ordinary, extreme and impossible ones.
func hostile(data []byte) []float64 {
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1, 0, 1, 0.5, 1e300, -1e300,
		1e-300, math.MaxFloat64, math.SmallestNonzeroFloat64, 2, 1 - 1e-16, math.Copysign(0, -1), 1e15}
	x := make([]float64, len(data))
	for i, b := range data {
		switch {
		case b < 16:
			x[i] = special[b]
		case b < 128:
			x[i] = float64(b & 1) // labels, so that some inputs are valid
		case b < 192:
			x[i] = float64(b-128) / 63
		default:
			x[i] = float64(b) - 224
		}
	}
	return x
}

// rowsOf cuts numbers into rows of equal length.
func rowsOf(x []float64, width int) [][]float64 {
	var rows [][]float64
	for width > 0 && len(x) >= width && len(rows) < 60 {
		rows = append(rows, x[:width])
		x = x[width:]
	}
	return rows
}

// insideRange fails where an interval has negative width, leaves its range or says NaN
// without a reason.
func insideRange(t *testing.T, name string, e Estimate, lo, hi float64) {
	t.Helper()
	if e.Lower > e.Upper || e.Lower < lo || e.Upper > hi || e.Value < lo || e.Value > hi {
		t.Errorf("%s: %v [%v, %v] leaves [%v, %v]", name, e.Value, e.Lower, e.Upper, lo, hi)
	}
	if math.IsNaN(e.Value) && !e.Reason.Given() {
		t.Errorf("%s: NaN without a reason: %+v", name, e)
	}
}

func seeds(f *testing.F) {
	f.Add([]byte{}, uint8(2))
	f.Add([]byte{16, 17, 16, 17, 17, 16, 17, 17, 16, 16, 17, 16}, uint8(3))
	f.Add([]byte{0, 17, 16, 0, 17, 17, 1, 2, 3, 7, 8, 9}, uint8(4))
	f.Add([]byte{130, 140, 150, 160, 170, 180, 190, 16, 17, 200, 230, 250}, uint8(6))
}

func FuzzAgreement(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		rows := rowsOf(hostile(data), int(width))
		scales := []Scale{NominalScale, OrdinalScale, IntervalScale, RatioScale, "other"}
		rep, err := Agreement(rows, scales[(len(data)+int(width))%len(scales)], 0.95, 1)
		if err == nil {
			insideRange(t, "percent", rep.Percent, 0, 1)
			insideRange(t, "ac1", rep.AC1, math.Inf(-1), 1+1e-9)
			insideRange(t, "alpha", rep.Alpha, math.Inf(-1), 1+1e-9)
			insideRange(t, "kappa", rep.Kappa, math.Inf(-1), 1+1e-9)
		}
		if panel, err := JudgePanel(rows); err == nil && !(panel.Prevalence >= 0 && panel.Prevalence <= 1) {
			t.Errorf("prevalence %v", panel.Prevalence)
		}
	})
}

func FuzzJudgeCorrected(f *testing.F) {
	f.Add([]byte{16, 17, 16, 17}, []byte{0, 17, 16, 0}, []byte{140, 150, 160, 170}, false, 0.95)
	f.Add([]byte{17, 17, 0}, []byte{17, 16, 17}, []byte{}, true, 0.9)
	f.Fuzz(func(t *testing.T, judge, human, inclusion []byte, population bool, level float64) {
		a := JudgeAudit{Judge: hostile(judge), Human: hostile(human), Population: population}
		if len(inclusion) > 0 {
			a.Inclusion = hostile(inclusion)
			a.Clusters = make([]int32, len(inclusion))
			for i, b := range inclusion {
				a.Clusters[i] = int32(b % 7)
			}
			a.Known = &JudgeErrors{int(inclusion[0]), 100, len(human), 50}
		}
		e := JudgeCorrected(a, level)
		insideRange(t, e.Method, e.Estimate, 0, 1)
		if !math.IsNaN(e.Value) && !(e.Upper > e.Lower) {
			t.Errorf("zero width: %+v", e)
		}
	})
}

func FuzzIRT(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		x := hostile(data)
		rows := rowsOf(x, int(width))
		opts := []IRTOptions{{}, {Rasch: true, StandardErrors: true}, {NoPriors: true}}
		opt := opts[len(data)%len(opts)]
		opt.MaxCycles = 20
		if fit, err := FitIRT(IRTData{Answers: rows}, opt); err == nil {
			if b := fit.B(); len(b) != len(fit.A) || len(fit.Bank().A) != len(fit.A) {
				t.Errorf("%d items, %d difficulties", len(fit.A), len(b))
			}
			if items, err := fit.ItemFit(IRTData{Answers: rows}); err == nil && len(items) != len(fit.A) {
				t.Errorf("fit of %d items: %d", len(fit.A), len(items))
			}
			for j := range fit.A {
				if math.IsNaN(fit.A[j] + fit.D[j]) {
					t.Errorf("item %d: slope %v, intercept %v", j, fit.A[j], fit.D[j])
				}
			}
		}
		if len(rows) > 2 {
			bank := ItemBank{A: rows[0], B: rows[1]}
			ab, err := bank.Ability(rows[2])
			if err == nil && (math.IsNaN(ab.EAP) || !(ab.PSD >= 0)) {
				t.Errorf("bank %v, answers %v: %+v", bank, rows[2], ab)
			}
			bank.Information(x[0])
			if j, err := bank.NextItem(x[0], nil); err == nil && (j < 0 || j >= len(bank.A)) {
				t.Errorf("next item %d of %d", j, len(bank.A))
			}
		}
	})
}

func FuzzBradleyTerry(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		m := int(width%6) + 1
		x := hostile(data)
		rows := rowsOf(x, m)
		var ties [][]float64
		if len(rows) > m {
			rows = rows[:m]
			ties = newSquare(m)
			for i := range m {
				for j := range i {
					ties[i][j] = x[i]
					ties[j][i] = x[i]
				}
			}
		}
		for _, b := range []Battles{{Wins: rows}, {Wins: rows, Ties: ties}} {
			for _, opt := range []BTOptions{{}, {ModelTies: true}} {
				rep, err := BradleyTerry(b, opt)
				if err != nil {
					continue
				}
				for i, r := range rep.Ranks {
					if r.Lower < 1 || r.Upper > m || r.Lower > r.Upper {
						t.Errorf("model %d: rank %v of %d", i, r, m)
					}
					insideRange(t, "strength", rep.Strengths[i], math.Inf(-1), math.Inf(1))
				}
			}
			if draws, err := BootstrapBradleyTerry(b, 3, 1); err == nil && len(draws) != 3 {
				t.Errorf("%d draws of 3", len(draws))
			}
		}
		var games []Game
		for i := 0; i+2 < len(data); i += 3 {
			games = append(games, Game{int(data[i]) - 4, int(data[i+1]) % 5, x[i+2], int(data[i])})
		}
		if b, err := CountGames(m, games); err == nil {
			if err := checkBattles(b); m > 1 && err != nil {
				t.Error(err)
			}
		}
	})
}

func FuzzRankIntervals(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		m := int(width%5) + 1
		rows := rowsOf(hostile(data), m)
		if len(rows) == 0 {
			return
		}
		cov := rows[1:]
		if len(cov) >= m { // make it symmetric, so that some inputs are valid
			sq := newSquare(m)
			for i := range m {
				for j := range m {
					sq[i][j] = cov[min(i, j)][max(i, j)]
				}
			}
			cov = sq
		}
		counts := make([][]TwoRates, 2)
		for k, row := range rows[:len(rows)/2*2] {
			if len(row) == 4 {
				counts[k%2] = append(counts[k%2], TwoRates{row[0], row[1], row[2], row[3]})
			}
		}
		if sums, rep, err := RankRateSums(counts, 0.95, 1); err == nil && (len(rep.Intervals) != 2 || !(sums[0] >= 0 && sums[0] <= 2)) {
			t.Errorf("sums %v with ranks %v", sums, rep.Intervals)
		}
		rep, err := RankIntervals(rows[0], cov, 0.95, 1)
		if err != nil {
			return
		}
		if _, err := rankMeans(rows[0], cov, float64(width)-2, 0.95, 1); (err == nil) != (width > 2) {
			t.Errorf("%d degrees of freedom: %v", int(width)-2, err)
		}
		for i, r := range rep.Intervals {
			if r.Lower < 1 || r.Upper > m || r.Lower > r.Upper {
				t.Errorf("model %d: rank %v of %d", i, r, m)
			}
		}
	})
}

func FuzzGate(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0}, 0.1, 0.05, 20)
	f.Add([]byte{1, 1, 1, 1}, 0.5, 0.01, 0)
	f.Fuzz(func(t *testing.T, outcomes []byte, limit, alpha float64, pool int) {
		for _, bet := range []GateBet{MixtureBet, AllInBet} {
			g, err := NewGate(GateSpec{Limit: limit, Alpha: alpha, Bet: bet, Pool: pool})
			if err != nil {
				continue
			}
			if len(outcomes) > 300 {
				outcomes = outcomes[:300]
			}
			for _, b := range outcomes {
				if _, err := g.Observe(b%2 == 1); err != nil {
					break
				}
			}
			s := g.Status()
			if math.IsNaN(s.EPass+s.PPass+s.PFail) || s.PPass < 0 || s.PPass > 1 || s.Rate.Lower > s.Rate.Upper {
				t.Errorf("%+v", s)
			}
		}
		insideRange(t, "sequence", ConfidenceSequence(len(outcomes), len(outcomes)+pool, 1-alpha), 0, 1)
	})
}

func FuzzCalibrationAndDrift(f *testing.F) {
	f.Add([]byte{130, 140, 16, 17}, []byte{16, 17, 17, 16}, 10)
	f.Fuzz(func(t *testing.T, a, b []byte, bins int) {
		x, y := hostile(a), hostile(b)
		if r, err := Calibration(x, y, bins, 0.95, 1); err == nil {
			if !(r.ECE >= 0 && r.ECE <= 1 && r.MCE <= 1+1e-12 && r.P > 0 && r.P <= 1) {
				t.Errorf("%+v", r)
			}
			insideRange(t, "auroc", r.AUROC, 0, 1)
		}
		if r, err := Drift(x, y); err == nil && !(r.KS >= 0 && r.KS <= 1 && r.P >= 0 && r.P <= 1 && r.Wasserstein >= 0) {
			t.Errorf("%+v", r)
		}
	})
}

func FuzzManyModels(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte, width uint8) {
		x := hostile(data)
		rows := rowsOf(x, int(width%40))
		if len(rows) > 6 {
			rows = rows[:6]
		}
		var clusters []int32
		if len(rows) > 0 && width%2 == 1 {
			for i := range rows[0] {
				clusters = append(clusters, int32(i/2))
			}
		}
		level := 0.95
		if len(x) > 0 && width%3 == 0 {
			level = x[0]
		}
		for _, by := range []Correction{Holm, BH, "?"} {
			pairs, err := CompareAll(rows, clusters, level, by)
			if err != nil {
				continue
			}
			if len(pairs) != len(rows)*(len(rows)-1)/2 {
				t.Errorf("%d pairs of %d models", len(pairs), len(rows))
			}
			for _, c := range pairs {
				checkComparison(t, "pair", c.Comparison, math.Inf(1))
				if !(c.Adjusted >= 0 && c.Adjusted <= 1) || c.Significant() && c.Adjusted > 1-level+1e-12 {
					t.Errorf("adjusted p = %v, significant %v at %v", c.Adjusted, c.Significant(), level)
				}
			}
		}
		if len(rows) > 3 { // each ranking draws ten thousand times
			rows = rows[:3]
		}
		if rep, err := RankScores(rows, clusters, width%2 == 0, level, 1); err == nil {
			for m, r := range rep.Intervals {
				if r.Lower < 1 || r.Upper > len(rows) || r.Lower > r.Upper || rep.Method == "" {
					t.Errorf("model %d: rank %v of %d by %q", m, r, len(rows), rep.Method)
				}
			}
		}
		for _, scores := range [][][]float64{rows, {x, x}, {x, nil}} {
			if g, err := AnyDifference(scores); err == nil && !(g.P >= 0 && g.P <= 1+1e-9) && (!math.IsNaN(g.P) || !g.Reason.Given()) {
				t.Errorf("any difference: %+v", g)
			}
		}
	})
}

func FuzzClassification(f *testing.F) {
	f.Add([]byte{0, 1, 1, 0}, []byte{0, 1, 0, 1}, 0.95)
	f.Add([]byte{1, 1}, []byte{1}, math.NaN())
	f.Add([]byte{}, []byte{}, 0.5)
	f.Fuzz(func(t *testing.T, truth, predicted []byte, level float64) {
		labels := func(raw []byte) []int {
			out := make([]int, len(raw))
			for i, b := range raw {
				out[i] = int(b) - 1
				if b < 250 {
					out[i] = int(b % 2)
				}
			}
			return out
		}
		s, err := Classification(labels(truth), labels(predicted), level)
		if err != nil {
			return
		}
		checkEstimate(t, "accuracy", s.Accuracy, 0, 1)
		for _, rates := range [][]float64{s.F1, s.Recall, {s.Macro, s.Weighted, s.BalancedAccuracy, math.Abs(s.MCC)}} {
			for _, v := range rates {
				if v < 0 || v > 1+1e-9 {
					t.Errorf("%+v", s)
				}
			}
		}
	})
}
