// Command faultserver serves a scripted [runnertest.Server] on loopback: a model
// server whose answers depend on nothing but the request, and that shows faults
// on demand.
//
//	faultserver -script cut,error_500          the first two answers, then normal ones
//	faultserver -percent 20 -faults cut,no_done,html_200
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"strings"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

func main() {
	s := runnertest.NewServer()
	addr := flag.String("addr", "127.0.0.1:0", "listen `address`; a port of 0 takes a free one, which is printed")
	script := flag.String("script", "", "`faults` of the first answers, separated by commas")
	faults := flag.String("faults", "", "`faults` for a share of all requests at their first try")
	percent := flag.Int("percent", 10, "the share of requests that meet one of -faults")
	seed := flag.Uint("seed", 1, "which requests meet which of -faults")
	flag.DurationVar(&s.PieceDelay, "piece", 0, "`time` before each piece of an answer")
	flag.DurationVar(&s.LoadDelay, "load", 0, "`time` that loading the model takes")
	flag.IntVar(&s.Slots, "slots", 0, "generations served at once; 0 is unlimited")
	flag.Parse()
	switch {
	case *script != "" && *faults != "":
		log.Fatal("give -script or -faults, not both")
	case *script != "":
		s.Script = runnertest.Sequence(parse(*script)...)
	case *faults != "":
		s.Script = runnertest.Mixed(byte(*seed), *percent, parse(*faults)...)
	}
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stdout, "http://%s\n", l.Addr())
	log.Fatal(http.Serve(l, s))
}

// parse reads names of faults; an unknown one ends the program.
func parse(list string) []runnertest.Fault {
	known := map[runnertest.Fault]bool{}
	var names []string
	for _, c := range runnertest.Table {
		known[c.Fault] = true
		names = append(names, string(c.Fault))
	}
	var out []runnertest.Fault
	for name := range strings.SplitSeq(list, ",") {
		f := runnertest.Fault(strings.TrimSpace(name))
		if !known[f] {
			log.Fatalf("unknown fault %q; there are %s", f, strings.Join(names, ", "))
		}
		out = append(out, f)
	}
	return out
}
