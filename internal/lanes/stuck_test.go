package lanes

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// locked is a database of a few customers, lanes on it, and a transaction that holds locks.
type locked struct {
	db    *mysqltest.DB
	lanes *Lanes
	other *sql.Tx
}

// newLocked links n customers, whose contacts are 1 to n. The lanes wait for a lock longer than any test
// takes: nothing but the end of other lets a statement go on.
func newLocked(t *testing.T, n int) *locked {
	t.Helper()
	db := mysqltest.NewDB(t)
	config, err := mysql.ParseURL(db.URL() + parameters(db.URL()) + "innodb_lock_wait_timeout=50")
	if err != nil {
		t.Fatal(err)
	}
	pool, err := mysql.Open(config, 16)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	l := &locked{db: db, lanes: New(linker.New(ledger.New(pool), cluster.Policy{}, nil), slog.New(slog.DiscardHandler))}
	for i := 1; i <= n; i++ {
		if _, err := l.lanes.Link(t.Context(), []identity.Observation{customer(i)}); err != nil {
			t.Fatal(err)
		}
	}
	l.other, err = db.Pool.BeginTx(context.WithoutCancel(t.Context()), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.other.Rollback() // most tests end it themselves
		l.lanes.Stop()
	})
	return l
}

func parameters(url string) string {
	for _, c := range url {
		if c == '?' {
			return "&"
		}
	}
	return "?"
}

func customer(i int) identity.Observation {
	return identity.Observation{Email: fmt.Sprintf("c%d@example.com", i), Phone: fmt.Sprintf("10%02d", i)}
}

func (l *locked) exec(t *testing.T, statement string, args ...any) {
	t.Helper()
	if _, err := l.other.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

func (l *locked) release(t *testing.T) {
	t.Helper()
	if err := l.other.Commit(); err != nil {
		t.Fatal(err)
	}
}

// group is what a write lane gets from a read lane.
func (l *locked) group(t *testing.T, observations ...identity.Observation) []*request {
	t.Helper()
	var group []*request
	for _, o := range observations {
		group = append(group, newRequest(t.Context(), o))
	}
	if _, err := l.lanes.find(t.Context(), group); err != nil {
		t.Fatal(err)
	}
	return group
}

func finished(r *request) bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// wait expects that the request is answered, with so many values in its cluster.
func (r *request) wait(t *testing.T, what string, values int) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: not answered", what)
	}
	if r.err != nil {
		t.Fatalf("%s: %v", what, r.err)
	}
	if got := len(r.cluster.Emails) + len(r.cluster.Phones); got != values {
		t.Errorf("%s: got %d values, want %d: %+v", what, got, values, r.cluster)
	}
}

// newPhone is a new value of customer i. It stands in the index behind all values that these tests
// lock: an insert that waits for a value also locks the gap before it.
func newPhone(i, n int) identity.Observation {
	return identity.Observation{Email: customer(i).Email, Phone: fmt.Sprintf("99%02d%02d", i, n)}
}

// Fails when a request waits for the cluster of another one in its group, or when one about a locked
// cluster is lost, answered before the lock is free, or answered with an older cluster.
func TestLockedClusterLeavesItsGroup(t *testing.T) {
	t.Parallel()
	l := newLocked(t, 2)
	l.exec(t, "SELECT id FROM contacts WHERE id = 1 FOR UPDATE")
	group := l.group(t, newPhone(1, 1), newPhone(2, 1), newPhone(1, 2))
	l.lanes.background.Go(func() { l.lanes.write(t.Context(), group) })
	group[1].wait(t, "free", 3)
	if finished(group[0]) || finished(group[2]) {
		t.Error("a request about a locked cluster was answered")
	}
	l.exec(t, "INSERT INTO contacts (email, linked_id, link_precedence) VALUES ('meanwhile@example.com', 1, 'secondary')")
	l.release(t)
	group[0].wait(t, "stuck", 4)
	group[2].wait(t, "stuck", 5)
}

// Fails when a primary that was absorbed between read and lock is waited for.
func TestAbsorbedClusterIsReadAgain(t *testing.T) {
	t.Parallel()
	l := newLocked(t, 3)
	group := l.group(t, newPhone(3, 1), newPhone(1, 1))
	if _, err := l.lanes.linker.Link(t.Context(), []identity.Observation{{Email: customer(2).Email, Phone: customer(3).Phone}}); err != nil {
		t.Fatal(err)
	}
	l.lanes.write(t.Context(), group)
	group[1].wait(t, "the other", 3)
	group[0].wait(t, "the absorbed", 5)
}

// Fails when clusters that stay locked keep requests from a cluster that is unlocked.
func TestStuckClustersDoNotWaitForEachOther(t *testing.T) {
	t.Parallel()
	const stuck = maxStuck + 4
	l := newLocked(t, stuck+1)
	l.exec(t, fmt.Sprintf("SELECT id FROM contacts WHERE id <= %d ORDER BY id FOR UPDATE", stuck))
	second, err := l.db.Pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Rollback() }() // it ends below
	if _, err := second.ExecContext(t.Context(), "SELECT id FROM contacts WHERE id = ? FOR UPDATE", stuck+1); err != nil {
		t.Fatal(err)
	}
	var observations []identity.Observation
	for i := range stuck + 1 {
		observations = append(observations, newPhone(i+1, 1))
	}
	group := l.group(t, observations...)
	l.lanes.write(t.Context(), group)
	if err := second.Rollback(); err != nil {
		t.Fatal(err)
	}
	group[stuck].wait(t, "unlocked", 3)
	for i := range stuck {
		if finished(group[i]) {
			t.Errorf("request %d was answered while its cluster was locked", i)
		}
	}
	l.release(t)
	for i := range stuck {
		group[i].wait(t, "stuck", 3)
	}
}

// Fails when a group that waits for a value that another process is inserting stops the lane.
func TestSlowGroupIsReplaced(t *testing.T) {
	t.Parallel()
	l := newLocked(t, 1)
	l.exec(t, "INSERT INTO contacts (phone_number, link_precedence) VALUES ('777777', 'primary')")
	slow := l.group(t, identity.Observation{Phone: "777777"})[0]
	l.lanes.writes.add(slow)
	for i := range 3 {
		r := newRequest(t.Context(), newPhone(1, i))
		l.lanes.reads.add(r)
		r.wait(t, "free", 3+i)
	}
	if finished(slow) {
		t.Error("the value that was locked is linked")
	}
	l.release(t)
	slow.wait(t, "slow", 1)
}

// Fails when values that another process keeps inserting hold up the rest of a group that failed.
func TestLockedValuesDoNotHoldUpSingles(t *testing.T) {
	t.Parallel()
	l := newLocked(t, 1)
	var observations []identity.Observation
	for i := range 3 * maxSingles {
		phone := fmt.Sprintf("7777%02d", i)
		l.exec(t, "INSERT INTO contacts (phone_number, link_precedence) VALUES (?, 'primary')", phone)
		observations = append(observations, identity.Observation{Phone: phone})
	}
	group := l.group(t, append(observations, newPhone(1, 1), identity.Observation{Phone: "888888"})...)
	l.lanes.split(group, mysql.ErrRetry)
	group[len(observations)].wait(t, "known", 3)
	group[len(observations)+1].wait(t, "newcomer", 1)
	for i := range observations {
		if finished(group[i]) {
			t.Errorf("locked value %d is linked", i)
		}
	}
	l.release(t)
	for _, r := range group {
		<-r.done
		if r.err != nil {
			t.Error(r.err)
		}
	}
}
