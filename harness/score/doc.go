// Package score holds the scorers of capability tasks: numeric, exact, choice,
// regex, includes. They are pure: the same item and response give the same
// score, and a model's answer is hostile input to all of them.
//
// A scorer is built by a [Factory] from the options of a task file:
//
//	factory := score.Builtin()["numeric"]
//	options := factory.Options().(*score.Numeric)
//	options.Pattern = "#### (-?[0-9.,]+)"
//	options.Target = "{{answer}}"
//	scorer, err := factory.New("numeric", options)
//	s, err := scorer.Score(ctx, item, harness.Response{Text: "The sum is\n#### 44"})
//	// s.Value 1, s.Answer "44"
//
// An answer in which a scorer finds nothing to compare scores 0 with the flag
// no_answer; it is never unscored. An answer that was cut is scored as it
// stands, with the flag cut.
package score
