package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/testbed"
)

// run is rounds on one server.
type run struct {
	options
	binary   testbed.Binary
	clock    *clock
	server   server
	progress io.Writer
}

func (r *run) logf(format string, args ...any) {
	if r.verbose {
		fmt.Fprintf(r.progress, time.Now().UTC().Format("15:04:05")+" chaos: "+format+"\n", args...)
	}
}

// play plays rounds, and prints a line for each. It returns an error if one has findings.
func (r *run) play(ctx context.Context, stdout io.Writer) error {
	db, err := mysql.Open(r.server.config(), 1)
	if err != nil {
		return err
	}
	err = r.clock.check(ctx, db)
	db.Close() //nolint:errcheck // it was only queried
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s, %d service processes, %d callers, rounds of %s. %d cores shared by all. %s.\n",
		r.server, processes, r.callers, r.round, runtime.NumCPU(), time.Now().UTC().Format("2006-01-02 15:04 UTC"))
	if len(r.only) == 0 && !r.clock.works() {
		fmt.Fprintf(stdout, "The clock is not set: %s is missing (Debian: libfaketime).\n", library)
	}
	fmt.Fprint(stdout, "\n"+header)
	end := time.Now().Add(r.length)
	var total result
	for n := 1; n == 1 || (r.rounds == 0 || n <= r.rounds) && time.Now().Before(end); n++ {
		one := &round{run: r, number: n, seed: r.seed, caused: map[string]int{}, disturbed: map[int][]span{}}
		r.seed++
		res, err := one.play(ctx, r.round)
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			return fmt.Errorf("round %d, seed %d: %w", n, one.seed, err)
		}
		fmt.Fprint(stdout, res)
		res.show(stdout)
		r.logf("%s", list(res.counts))
		total.add(res)
	}
	fmt.Fprintf(stdout, "\n%s\n", total.summary())
	if n := len(total.findings); n > 0 {
		return fmt.Errorf("%d findings", n)
	}
	return nil
}

func (r *result) add(other result) {
	r.number++
	r.operations += other.operations
	r.acknowledged += other.acknowledged
	r.unknown += other.unknown
	r.islands += other.islands
	r.ordered += other.ordered
	r.undecided += other.undecided
	r.events += other.events
	r.longest = max(r.longest, other.longest)
	r.findings = append(r.findings, other.findings...)
	if r.caused == nil {
		r.caused = map[string]int{}
	}
	for name, n := range other.caused {
		r.caused[name] += n
	}
}

func (r *result) summary() string {
	faults := 0
	for _, n := range r.caused {
		faults += n
	}
	return fmt.Sprintf("%d rounds, %d requests (%d acknowledged, %d of unknown outcome), %d islands (%d ordered, %d not decided), %d events, "+
		"%d faults (%s), longest answer %.1f s: %d findings",
		r.number, r.operations, r.acknowledged, r.unknown, r.islands, r.ordered, r.undecided, r.events, faults, list(r.caused),
		r.longest.Seconds(), len(r.findings))
}
