// Package sqlite keeps runs in one SQLite file.
package sqlite
