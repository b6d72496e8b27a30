// Package sqlite keeps runs in one SQLite file, the default store.
//
//	s, err := sqlite.Open("haetae.db", sqlite.Options{})
//	…
//	defer s.Close()
//	err = s.Create(ctx, results.Run{ID: "2f6b", State: results.Running})
//	err = s.Append(ctx, "2f6b", sample) // returns after COMMIT, from any goroutine
//	for row, err := range s.Rows(ctx, "2f6b", results.Query{}) {
//		answer, err := s.Body(ctx, row.ResponseHash)
//		…
//	}
//
// # Durability
//
// The file is in WAL mode with synchronous=FULL. One goroutine writes: it takes
// all appends that wait, at most 256, into one transaction, and each returns
// after the COMMIT, whose fdatasync of the WAL covers it. What was acknowledged
// survives a kill and a power cut; a test proves the order by system calls,
// another by killing a writing process.
//
// # Who may open it
//
// One process writes. It holds an advisory lock on FILE-lock, in which its
// number stands; the system frees the lock when the process ends, however it
// ends. A second one waits for Options.Wait and then gets results.ErrLocked.
// Any number of processes read beside it. FILE, FILE-wal and FILE-shm belong
// together while the store is open, and after a kill; after Close FILE alone is
// the store. Network file systems are refused: WAL needs shared memory.
//
// # Damage
//
// A file that is no store, was written by a newer version, is shorter than it
// says, or whose first pages are damaged is refused before anything is written
// to it. Damage that is met later gives results.ErrCorrupt, and nothing is
// written from then on. [Store.Check] reads everything; [Recover] copies what
// can be read into a new store.
//
// # Schema
//
// The header holds the application ID "HAET" and the schema version as
// user_version. Opening an older file for writing brings it forward in one
// transaction; a reader takes it as it is. Times are Unix nanoseconds, durations nanoseconds, NULL is
// "none".
//
//	run        one row per run: state, circumstances, the protocol, and models
//	           and tasks as JSON; n is its short name in the other tables
//	sample     one narrow row per sample; seq is the commit order, (run, idx) the
//	           plan order, request, response and thinking name bodies by SHA-256
//	body       the bytes that hashes name: codec 0 as they are, 1 zstd; requests
//	           of one model and task share the first of them as dictionary (dict)
//	sample_id  (run, sample ID) -> seq: a run has a sample once
//	body_head  first 8 bytes of a hash -> body.n
//	forgotten  errored samples that were removed to be asked again
//	ledger     what is said about runs and samples: audits, labels, verdicts; the
//	           file itself refuses to change or remove an entry
//	store      one row: the store's own name, and how far the two indexes reach
//
// The keys of sample_id and body_head are hashes: each insert falls on another
// page, and writing that page costs 20 µs, as much as all the rest of a sample.
// So the newest entries stand in the memory of the writer and enter the index
// in large sorted batches: when there are many, and at Close. After a kill they
// are read again from the rows. Until then sample_id and body_head are behind,
// which other programs that read the file must know; store.ids and store.heads
// say how far they reach.
//
// # Cost
//
// See BenchmarkAppend: the CPU time of an append on its whole way with 64
// callers, bytes of file per row, and the peak memory of a million rows.
package sqlite
