// Command stub serves a [runnertest.Stub] on loopback: a fast model server for
// measuring what a client costs.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"

	"github.com/sovereign-eval/haetae/runners/runnertest"
)

func main() {
	s := runnertest.NewStub()
	addr := flag.String("addr", "127.0.0.1:11500", "listen `address`; a port of 0 takes a free one, which is printed")
	flag.DurationVar(&s.Delay, "delay", 0, "`time` that a generation takes")
	flag.IntVar(&s.Slots, "slots", 0, "generations served at once; 0 is unlimited")
	flag.StringVar(&s.Answer, "answer", s.Answer, "`text` of every answer")
	flag.IntVar(&s.Tokens, "tokens", s.Tokens, "tokens reported for an answer")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on http://%s", l.Addr())
	log.Fatal(http.Serve(l, s))
}
