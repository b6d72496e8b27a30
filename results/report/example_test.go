package report_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/sovereign-eval/haetae/harness"
	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
	"github.com/sovereign-eval/haetae/results/report"
)

func ExampleReport_Write() {
	run := results.Run{
		ID: "r1", State: results.Complete, Planned: 2,
		Models: []results.Model{{Spec: "ollama/tiny"}},
		Tasks:  []results.Task{{Name: "sums", Kind: harness.Capability, Count: 2, Metrics: []harness.Metric{{Name: "accuracy"}}}},
	}
	rows := func(yield func(results.Row, error) bool) { // as store.Rows gives them
		for i := range 2 {
			if !yield(results.Row{Status: harness.Scored, Scores: []harness.Score{{Value: float64(i)}}}, nil) {
				return
			}
		}
	}
	result, err := analysis.Of(context.Background(), run, rows, 0.95)
	if err != nil {
		fmt.Println(err)
		return
	}
	var b strings.Builder
	if err := report.New(run, result, report.Korean).Write(&b, report.Text, report.Options{Width: 80}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Join(strings.Split(b.String(), "\n")[:7], "\n"))
	// Output:
	// 평가 보고서
	// ═══════════
	//
	// 실행  r1
	// 상태  완료
	// 표본  계획 2 = 채점 2 + 미채점 0 + 오류 0
	// 설정  시드 0, 문항당 1회, 95 % 신뢰구간
}

func ExampleClean() {
	fmt.Println(report.Clean("\x1b[2Jgone\u202e"))
	// Output: ␛[2Jgone⟨U+202E⟩
}
