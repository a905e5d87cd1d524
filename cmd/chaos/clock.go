package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// library is where Debian's libfaketime is, which lets a process see another time.
const library = "/usr/lib/*/faketime/libfaketimeMT.so.1"

// clock sets the clock of the database server, and of nothing else.
type clock struct {
	library string
	dir     string        // with the file that says how wrong the clock is; "" if the clock is never set
	ahead   time.Duration // of this machine's
}

func newClock(dir string) (*clock, error) {
	found, err := filepath.Glob(library)
	if err != nil || len(found) == 0 {
		return &clock{}, err // it is not set then, and the report says so
	}
	c := &clock{library: found[0], dir: filepath.Join(dir, "clock")}
	if err := os.Mkdir(c.dir, 0o755); err != nil { //nolint:gosec // the server may be another user
		return nil, err
	}
	return c, c.step(0)
}

func (c *clock) works() bool { return c.dir != "" }

// step sets the server's clock forward, or back if by is negative. A server may wait for a moment that a
// step back has moved away, so that should be by seconds.
func (c *clock) step(by time.Duration) error {
	if !c.works() {
		return nil
	}
	c.ahead += by
	name := filepath.Join(c.dir, "offset")
	text := fmt.Appendf(nil, "%+.3f\n", c.ahead.Seconds())
	if err := os.WriteFile(name+".new", text, 0o644); err != nil { //nolint:gosec // as above
		return err
	}
	return os.Rename(name+".new", name)
}

// check reports an error if a server does not follow the clock, within a few seconds.
func (c *clock) check(ctx context.Context, db *sql.DB) error {
	if !c.works() {
		return nil
	}
	const ahead = time.Hour
	if err := c.step(ahead); err != nil {
		return err
	}
	var seconds float64
	for range 50 {
		err := db.QueryRowContext(ctx, "SELECT UNIX_TIMESTAMP(NOW(6))").Scan(&seconds)
		if err != nil {
			return err
		}
		if time.Unix(int64(seconds), 0).After(time.Now().Add(ahead - time.Minute)) {
			return nil
		}
		sleep(ctx, 100*time.Millisecond)
	}
	return fmt.Errorf("the server does not follow the clock that %s sets", c.library)
}

// environment lets a process use the clock, with the library and the clock's folder at these paths.
func (c *clock) environment(library, dir string) []string {
	return []string{
		"LD_PRELOAD=" + library, "FAKETIME_TIMESTAMP_FILE=" + dir + "/offset", "FAKETIME_CACHE_DURATION=1",
		"FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1",
		"FAKETIME_FORCE_MONOTONIC_FIX=0", // else every wait of MySQL for another thread takes long
	}
}

// container are the arguments of docker create by which a container uses the clock.
func (c *clock) container() []string {
	if !c.works() {
		return nil
	}
	args := []string{"-v", c.library + ":/faketime.so:ro", "-v", c.dir + ":/clock:ro"}
	for _, e := range c.environment("/faketime.so", "/clock") {
		args = append(args, "-e", e)
	}
	return args
}
