package report

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/sovereign-eval/haetae/results"
	"github.com/sovereign-eval/haetae/results/analysis"
)

// Report is a run and its analysis, ready to be written.
type Report struct {
	Run    results.Run
	Result analysis.Result
	Lang   Lang
}

// New puts a run and its analysis together. An empty lang is English.
func New(run results.Run, result analysis.Result, lang Lang) *Report {
	if lang == "" {
		lang = English
	}
	return &Report{Run: run, Result: result, Lang: lang}
}

// Format is a form that a report can be written in.
type Format string

// The formats.
const (
	Text     Format = "text"
	MarkDown Format = "md"
	JSON     Format = "json"
	CSV      Format = "csv"
)

// Formats lists the formats by the names that people type.
var Formats = [...]Format{Text, MarkDown, JSON, CSV}

// ParseFormat reads the name of a format; the empty name is Text.
func ParseFormat(s string) (Format, error) {
	switch f := Format(strings.ToLower(s)); f {
	case "":
		return Text, nil
	case "txt":
		return Text, nil
	case "markdown":
		return MarkDown, nil
	case Text, MarkDown, JSON, CSV:
		return f, nil
	}
	return "", fmt.Errorf("report format %q: want text, md, json or csv", s)
}

// FormatOf is the format that a file's extension implies.
func FormatOf(file string) (Format, error) {
	ext := strings.TrimPrefix(filepath.Ext(file), ".")
	if ext == "" {
		return "", fmt.Errorf("report file %q: no extension: want .txt, .md, .json or .csv", file)
	}
	return ParseFormat(ext)
}

// Options are how a report looks; they change no content.
type Options struct {
	Width int  // columns of the text format; 0 stands for 80
	Color bool // colour the text format: only for terminals, and never with NO_COLOR
	ASCII bool // draw bars with ASCII characters
}

// Write writes the report in a format. The error is that of the writer, or names
// a format that is not known.
func (r *Report) Write(w io.Writer, f Format, o Options) error {
	var err error
	switch f {
	case Text, "":
		err = writeText(w, r.document(), r.Lang, o)
	case MarkDown:
		err = writeMarkdown(w, r.document(), r.Lang)
	case JSON:
		err = r.writeJSON(w)
	case CSV:
		err = r.writeCSV(w)
	default:
		_, err = ParseFormat(string(f))
	}
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
