// Package worksheet is the blind worklist that raters label away from the program: a
// file with what was asked and answered and an empty class, as JSON Lines or as
// CSV for spreadsheets.
//
//	err := worksheet.WriteCSV(w, rows)                 // give the file to a rater
//	rows, err := worksheet.Read(file, "ann.csv")       // take it back
//	labels, err := worksheet.Labels("ann.csv", rows, worksheet.Intake{Book: book, Sheet: id, Rater: "ann", Maker: audit.Human})
//
// A sheet names no model, verdict or stratum. Its rows stand in the order in which
// they are best labelled, so that a rater may stop anywhere. What a rater may
// change is class and reason. Prompt and answer may be taken out; where they are
// there, they must be those of the row's answer.
//
// The CSV opens safely in a spreadsheet: UTF-8 with a byte order mark, lines that
// end with CR LF, no cell that begins like a formula, control and invisible
// characters made visible, and no cell longer than a spreadsheet takes.
package worksheet
