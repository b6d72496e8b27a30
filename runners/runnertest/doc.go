// Package runnertest holds what every runner is tested and measured with: a
// scripted model server that can show every fault the design names, the
// conformance suite whose table says what must follow from each, a fast stub
// server and a bare client to measure a runner's own cost.
//
//	s := runnertest.NewServer()
//	ts := httptest.NewServer(s)
//	s.Script = runnertest.Sequence(runnertest.Cut, runnertest.Normal)
//	// the first answer is cut, the second whole
//
// A runner's own tests run the suite:
//
//	runnertest.Conformance(t, func(target runnertest.Target) harness.Model {
//		return ollama.New(target.URL, target.Model, ollama.Options{Dial: target.Dial, LoadTimeout: target.Load, IdleTimeout: target.Idle})
//	})
//
// Answers of the scripted server depend on nothing but the request, so that
// runs can be compared byte for byte.
package runnertest
