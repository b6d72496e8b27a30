package runnertest

import "github.com/sovereign-eval/haetae/harness"

// Result is what must follow from a [Fault].
type Result string

// The results.
const (
	Whole    Result = "answer"   // a whole answer, kept
	Sample   Result = "sample"   // the sample's trouble: up to 3 tries, then an error
	Endpoint Result = "endpoint" // the endpoint's trouble: costs the sample no try
	Final    Result = "final"    // an error at once
)

// Retried tells whether a sample is asked again.
func (r Result) Retried() bool { return r == Sample || r == Endpoint }

// Case is one row of the table fault -> outcome.
type Case struct {
	Fault  Fault
	Result Result
	Cause  string         // of the error, "" for answers
	Finish harness.Finish // of the answer
	Why    string
}

// Table says what follows from every fault: the design's rules on trouble as
// data. Every runner is held to it.
var Table = []Case{
	{Normal, Whole, "", harness.FinishStop, "done was seen"},
	{Truncated, Whole, "", harness.FinishLength, "the token limit is a whole answer's end"},
	{EmptyAnswer, Whole, "", harness.FinishStop, "saying nothing is an answer: the model's own, judged as empty"},
	{BadUTF8, Whole, "", harness.FinishStop, "invalid bytes are kept as they came"},
	{Escapes, Whole, "", harness.FinishStop, "hostile text is text"},
	{Drip, Whole, "", harness.FinishStop, "slow is not dead: every piece came in time"},
	{Cold, Whole, "", harness.FinishStop, "a load in mid-run is flagged"},
	{LeakThink, Whole, "", harness.FinishStop, "thinking though told not to is flagged"},
	{RepeatStop, Whole, "", harness.FinishRepeat, "the server's repeat stop is the model's own fault"},
	{Endless, Whole, "", harness.FinishSize, "cancelled at 1 MiB; the model's own fault"},
	{Huge, Whole, "", harness.FinishSize, "cancelled at 1 MiB"},
	{HugeMany, Whole, "", harness.FinishSize, "cancelled at 1 MiB"},

	{CutBefore, Sample, "cut", "", "the connection broke"},
	{Cut, Sample, "cut", "", "the connection broke: a part is no answer"},
	{NoDone, Sample, "no_done", "", "a clean end without done is no end of an answer"},
	{ShortRepeat, Sample, "no_done", "", "29 equal pieces are no repeat stop"},
	{NotRun, Sample, "no_done", "", "done without a generation"},
	{Empty500, Sample, "status_500", "", ""},
	{Error500, Sample, "status_500", "", "the next request starts the runner again"},
	{HTML500, Sample, "html", "", "a proxy's page"},
	{HTML200, Sample, "html", "", "a page is no answer, whatever its status"},
	{Cancelled, Sample, "status_499", "", "another client's cancelled load took ours along"},
	{ErrorLine, Sample, "error_line", "", "an error inside a 200"},
	{Garbled, Sample, "garbled", "", "half a line"},
	{HangBefore, Sample, "hang", "", "no first token, and the server answers a probe"},
	{HangDuring, Sample, "hang", "", "no further token, and the server answers a probe"},
	{EndlessNone, Sample, "hang", "", "empty pieces are no tokens"},

	{Busy503, Endpoint, "busy", "", "the queue is full"},
	{HangSick, Endpoint, "hang", "", "no token, and no answer to a probe"},

	{Context400, Final, "context", "", "a prompt over the context stays over it"},
	{Context400B, Final, "context", "", "the same in the words of newer servers"},
	{Missing404, Final, "no_model", "", "the model is gone"},
	{Remote, Final, "remote", "", "another host answered: prompts must not leave"},
	{OtherModel, Final, "other_model", "", "an alias put another model in its place"},
}
