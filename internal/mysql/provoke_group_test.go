package mysql_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// onGroup are the numbers that a group of one member is enough for. The cases run in the order of the
// numbers.
func onGroup() provocations[*mysqltest.DB] {
	return provocations[*mysqltest.DB]{
		3098: {onMySQL, func(t *testing.T, db *mysqltest.DB) error {
			return runAll(t, db, "CREATE TABLE without_key (a INT)", "INSERT INTO without_key VALUES (1)")
		}},
		3100: {onMySQL, leaveGroup},
	}
}

// leaveGroup writes while the member leaves its group, and returns the first error.
func leaveGroup(t *testing.T, db *mysqltest.DB) error {
	t.Helper()
	left := make(chan error, 1)
	go func() { left <- runAll(t, db, "STOP GROUP_REPLICATION") }()
	conn := connect(t, db.Pool)
	for {
		if err := runOn(t, conn, "INSERT INTO change_sets (size, events) VALUES (1, '')"); err != nil {
			if err := <-left; err != nil {
				t.Error(err)
			}
			return err
		}
	}
}

// Fails as TestReactions does, for errors of Group Replication.
func TestReactionsOfAGroup(t *testing.T) { //nolint:tparallel // the cases change one group
	t.Parallel()
	cases := onGroup()
	if !cases[3098].appliesTo(t, mysqltest.NewDB(t).Pool) {
		return // MariaDB has no Group Replication
	}
	server := mysqltest.NewServer(t, "--server-id=1", "--gtid-mode=ON", "--enforce-gtid-consistency=ON", "--log-bin=binlog",
		"--plugin-load-add=group_replication.so",
		"--loose-group-replication-group-name=6d0e9f3a-0c1c-4e0e-9a58-5d2b7c1d9a0f",
		"--loose-group-replication-local-address=127.0.0.1:33061", "--loose-group-replication-ip-allowlist=127.0.0.1/8",
		"--loose-group-replication-bootstrap-group=ON", "--loose-group-replication-start-on-boot=OFF")
	db := server.NewDB(t)
	if err := runAll(t, db, "START GROUP_REPLICATION"); err != nil {
		t.Fatal(err)
	}
	for _, number := range slices.Sorted(maps.Keys(cases)) {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			checkNumber(t, number, cases[number].provoke(t, db))
		})
	}
}
