package report

import (
	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// safetyJSON is what stands beside the bars and rates of safety tasks.
func (r *Report) safetyJSON() object {
	o := object{"orders": []any{}, "pooled": []any{}, "languages": []any{}, "attacks": []any{}, "bypasses": []any{},
		"untested": r.untestedJSON(), "scope": English.say("scope")}
	add := func(key string, v any) { o[key] = append(o[key].([]any), v) }
	for _, x := range r.Result.Orders {
		add("orders", r.orderJSON(x))
	}
	for _, p := range r.Result.Pooled {
		tasks := []string{}
		for _, t := range p.Tasks {
			tasks = append(tasks, r.Run.Tasks[t].Name)
		}
		o := object{"model": r.Run.Models[p.Model].Spec, "language": p.Lang, "tasks": tasks, "weights": p.Weights,
			"estimate": finite(p.Estimate.Value), "lower": finite(p.Estimate.Lower), "upper": finite(p.Estimate.Upper),
			"method": p.Estimate.Method}
		addReason(o, p.Estimate.Reason)
		add("pooled", o)
	}
	for _, c := range r.Result.Cells {
		for _, p := range c.Pairs {
			add("languages", r.named(object{"minuend": p.B, "subtrahend": p.A, "matched_clusters": p.Clusters, "unmatched_minuend": p.OnlyB,
				"unmatched_subtrahend": p.OnlyA, "figures": r.figuresJSON(c, p.Figures), "unmatched_note": "different items: not a language effect"}, c))
		}
		for _, x := range c.Attacks {
			a := object{"language": x.Lang, "attack": x.Attack, "understood": x.Understood, "reason": nil, "reason_code": nil, "harmful": barJSON(x.Harmful),
				"benign": barJSON(x.Benign), "figures": r.figuresJSON(c, x.Rates), "difference": r.figureJSON(c, x.Difference)}
			if x.Group.Reason != nil {
				a["reason"], a["reason_code"] = English.warning(*x.Group.Reason), x.Group.Reason.Code
			}
			if x.Reason != nil {
				a["reason"], a["reason_code"] = English.warning(*x.Reason), x.Reason.Code
			}
			add("attacks", r.named(a, c))
		}
		for _, b := range c.Bypasses {
			add("bypasses", r.named(bypassJSON(b), c))
		}
	}
	return o
}

func (r *Report) figuresJSON(c analysis.Cell, figures []analysis.Figure) []any {
	out := []any{}
	for _, f := range figures {
		out = append(out, r.figureJSON(c, f))
	}
	return out
}

func (r *Report) orderJSON(x analysis.Order) object {
	places := []any{}
	for _, p := range x.Places {
		o := object{"model": r.Run.Models[p.Model].Spec, "standing": p.Standing, "upper_bound": finite(p.Bound), "j": finite(p.J),
			"rank_lower": nil, "rank_upper": nil}
		if p.Standing == analysis.Ordered {
			o["rank_lower"], o["rank_upper"] = p.Rank.Lower, p.Rank.Upper
		}
		places = append(places, o)
	}
	o := object{"task": r.Run.Tasks[x.Task].Name, "language": x.Lang, "floor": nil, "level": x.Level, "clusters": x.Clusters, "raw": x.Raw,
		"method": x.Method, "places": places}
	addReason(o, x.Reason)
	if x.Floor != nil {
		o["floor"] = *x.Floor
	}
	return o
}

func bypassJSON(b analysis.Bypass) object {
	o := object{"language": b.Lang, "items": b.Items, "queries_fewest": b.Fewest, "queries_most": b.Most, "raw": b.Raw, "found": b.Found,
		"confirmable": !b.ConfirmationOpen, "expected_from_error": finite(b.Expected), "expected_upper": finite(b.ExpectedUpper), "reason": nil, "reason_code": nil}
	if b.Error == nil {
		o["reason"], o["reason_code"] = "the judge's error on refusals in this language is not measured", "judge_not_measured"
	}
	return o
}

func (r *Report) untestedJSON() []results.Text {
	out := []results.Text{}
	seen := map[string]bool{}
	for _, t := range r.Run.Tasks {
		if t.Battery == nil {
			continue
		}
		for _, text := range t.Battery.Untested {
			if !seen[text["en"]] {
				seen[text["en"]] = true
				out = append(out, text)
			}
		}
	}
	return out
}

func pointJSON(p analysis.Point) object {
	return object{"declined": finite(p.Declined), "declined_best": finite(p.DeclinedBest), "helped": finite(p.Helped), "helped_best": finite(p.HelpedBest)}
}

func thinkingJSON(t analysis.Thinking) object {
	side := func(m map[harness.Outcome]int64) map[harness.Outcome]int64 {
		if m == nil {
			return map[harness.Outcome]int64{}
		}
		return m
	}
	return object{"harmful": side(t.Harmful), "benign": side(t.Benign), "complies_behind_a_refusal": t.Leaked}
}
