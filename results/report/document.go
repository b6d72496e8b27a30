package report

import "github.com/sovereign-eval/haetae/results/analysis"

// document is a report as a sequence of blocks, before any format. Strings in it
// are raw: the renderer of each format makes them harmless.
type document []block

type block interface{ isBlock() }

// heading of level 1 to 3.
type heading struct {
	level int
	text  string
}

// para is a paragraph; an alert is set off.
type para struct {
	text  string
	alert bool
}

// facts are names with values.
type facts [][2]string

// list is a list of sentences.
type list []string

// table has a row of titles and rows of as many cells. detail, where given, is a
// line under each row.
type table struct {
	columns []column
	rows    [][]string
	details []string
	title   string // of the details, where a format gives them a column
}

type column struct {
	title string
	right bool
}

// bars are the outcomes of harmful and benign items side by side.
type bars struct {
	label           string
	harmful, benign analysis.Bar
}

// legend explains the signs of bars.
type legend struct{}

// drawing is text whose spaces and line breaks are meant.
type drawing []string

func (drawing) isBlock() {}
func (heading) isBlock() {}
func (para) isBlock()    {}
func (facts) isBlock()   {}
func (list) isBlock()    {}
func (table) isBlock()   {}
func (bars) isBlock()    {}
func (legend) isBlock()  {}
