package importer

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/stored"
)

// linking links the observations of one segment.
type linking struct {
	*writing
	segment *segment
	begin   int64 // bytes of input before the segment
	found   []stored.Found
	readAt  time.Time // of the first observation

	rowsDone int // of the segment; changed only in update
}

// link looks up what is stored of a segment, and links the rest with several writers.
func (w *writing) link(ctx context.Context, s *segment) error {
	if len(s.observations) == 0 {
		return nil
	}
	s.positions = nil // it is complete
	l := &linking{writing: w, segment: s, begin: w.done.Bytes}
	if err := l.lookUp(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan []int)
	var writers sync.WaitGroup
	for range w.writers {
		writers.Go(func() {
			for job := range jobs {
				if err := l.run(ctx, job); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, job := range divide(s.observations, l.found, w.size) {
		select {
		case jobs <- job:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(jobs)
	writers.Wait()
	return context.Cause(ctx)
}

// lookUp finds what is stored. Observations that are known are done.
func (l *linking) lookUp(ctx context.Context) error {
	var now time.Time
	err := l.repeat(ctx, func(ctx context.Context) (err error) {
		now, l.found, err = l.options.Finder.Find(ctx, l.segment.observations)
		return err
	})
	if err != nil {
		return err
	}
	l.readAt = l.stamps.next(now, len(l.segment.observations))
	known := 0
	for i, f := range l.found {
		if f.Known {
			known += 1 + l.segment.repeats[i]
		}
	}
	if known > 0 {
		l.count(known, cluster.Counts{Unchanged: known})
	}
	return nil
}

// run links a job, in several transactions if it has two batches or more.
func (l *linking) run(ctx context.Context, job []int) error {
	size := len(job)
	if size >= 2*l.size {
		size = l.size
	}
	lookedUp := true
	for batch := range slices.Chunk(job, size) {
		rows, n := l.rows(batch)
		var counts cluster.Counts
		err := l.repeat(ctx, limited(func(ctx context.Context) (err error) {
			counts, err = l.options.Linker.ImportRows(ctx, rows, lookedUp)
			return err
		}))
		if err != nil {
			return err
		}
		l.count(n, counts)
		lookedUp = false // the next batch may have values that this one stored
	}
	return nil
}

// count counts rows that are done.
func (l *linking) count(rows int, c cluster.Counts) {
	l.update(func(done *Progress) {
		l.rowsDone += rows
		done.Rows += rows
		done.Bytes = l.begin + (l.segment.end-l.begin)*int64(l.rowsDone)/int64(l.segment.rows)
		done.Unreachable = nil
		done.Counts.Created += c.Created
		done.Counts.Linked += c.Linked
		done.Counts.Merged += c.Merged
		done.Counts.Unchanged += c.Unchanged
		done.Counts.Withheld += c.Withheld
		done.Counts.Erased += c.Erased
	})
}

// rows returns the observations of a batch, and how many rows of the file they are.
func (l *linking) rows(batch []int) (rows []linker.Row, n int) {
	rows = make([]linker.Row, len(batch))
	for i, at := range batch {
		rows[i] = linker.Row{
			Row: cluster.Row{
				Observation: l.segment.observations[at],
				ReadAt:      l.readAt.Add(time.Duration(at) * time.Microsecond),
				Repeats:     l.segment.repeats[at],
			},
			Found: l.found[at],
		}
		n += 1 + l.segment.repeats[at]
	}
	return rows, n
}
