package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/sovereign-eval/haetae/results"
)

// ensureStore writes the row that names the store, once.
func ensureStore(c *conn) error {
	return c.exec("INSERT OR IGNORE INTO store (one, uuid, created) VALUES (1, ?, ?)", rand.Text(), time.Now().UnixNano())
}

// Create implements [results.Store].
func (s *Store) Create(ctx context.Context, r results.Run) error {
	op := fmt.Sprintf("create run %q", r.ID)
	if r.ID == "" || r.ID == "last" {
		return s.fail(op, fmt.Errorf("the ID is empty or reserved"))
	}
	models, err := json.Marshal(r.Models)
	if err != nil {
		return s.fail(op, err)
	}
	tasks, err := json.Marshal(r.Tasks)
	if err != nil {
		return s.fail(op, err)
	}
	err = s.exclusive(ctx, func() error {
		err := s.writer.exec(`INSERT INTO run (id, state, started, ended, seed, epochs, planned, resumes, reason,
			protocol, models, tasks, meta) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)`,
			r.ID, string(r.State), nanos(r.Started), nanos(r.Ended), r.Seed, int64(r.Epochs), r.Planned, int64(r.Resumes), r.Reason,
			rawValue(r.Protocol), string(models), string(tasks), rawValue(r.Meta))
		if isConstraint(err) {
			return results.ErrExists
		}
		return err
	})
	return s.fail(op, err)
}

// Update implements [results.Store].
func (s *Store) Update(ctx context.Context, r results.Run) error {
	op := fmt.Sprintf("update run %q", r.ID)
	models, err := json.Marshal(r.Models)
	if err != nil {
		return s.fail(op, err)
	}
	err = s.exclusive(ctx, func() error {
		n, err := s.writer.affected("UPDATE run SET state = ?, ended = ?, resumes = ?, meta = ?, reason = ?, models = ? WHERE id = ?",
			string(r.State), nanos(r.Ended), int64(r.Resumes), rawValue(r.Meta), r.Reason, string(models), r.ID)
		if err == nil && n == 0 {
			err = results.ErrNotFound
		}
		return err
	})
	return s.fail(op, err)
}

const runColumns = `SELECT id, state, started, ended, seed, epochs, planned, resumes, reason, protocol, models, tasks, meta, n FROM run`

func scanRun(r row) (results.Run, error) {
	run := results.Run{
		ID: r.str(0), State: results.State(r.str(1)), Started: r.time(2), Ended: r.time(3),
		Seed: r.int(4), Epochs: int(r.int(5)), Planned: r.int(6), Resumes: int(r.int(7)), Reason: r.str(8),
		Protocol: r.raw(9), Meta: r.raw(12),
	}
	if err := r.json(10, &run.Models); err != nil {
		return run, fmt.Errorf("run %q: models: %w", run.ID, err)
	}
	if err := r.json(11, &run.Tasks); err != nil {
		return run, fmt.Errorf("run %q: tasks: %w", run.ID, err)
	}
	return run, nil
}

func (s *Store) queryRuns(ctx context.Context, tail string, args ...driver.Value) (runs []results.Run, err error) {
	err = s.read(ctx, func(c *conn) error {
		return c.each(ctx, runColumns+tail, args, func(r row) error {
			run, err := scanRun(r)
			runs = append(runs, run)
			return err
		})
	})
	return runs, err
}

// Run implements [results.Store].
func (s *Store) Run(ctx context.Context, id string) (results.Run, error) {
	op := fmt.Sprintf("find run %q", id)
	tail, args := " WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id = ?1 DESC, n LIMIT 3", []driver.Value{id}
	if id == "last" {
		tail, args = " ORDER BY n DESC LIMIT 1", nil
	}
	runs, err := s.queryRuns(ctx, tail, args...)
	switch {
	case err != nil:
		return results.Run{}, s.fail(op, err)
	case len(runs) == 0 || id == "":
		return results.Run{}, s.fail(op, results.ErrNotFound)
	case len(runs) > 1 && id != "last" && runs[0].ID != id:
		var ids []string
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return results.Run{}, s.fail(op, fmt.Errorf("%w: %s", results.ErrAmbiguous, strings.Join(ids, ", ")))
	}
	return runs[0], nil
}

// Runs implements [results.Store].
func (s *Store) Runs(ctx context.Context) ([]results.Run, error) {
	runs, err := s.queryRuns(ctx, " ORDER BY n")
	return runs, s.fail("list runs", err)
}
