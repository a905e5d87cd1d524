package mysql_test

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Engines, as mysql.Version calls them. An empty one stands for both.
const (
	onMySQL   = "MySQL"
	onMariaDB = "MariaDB"
)

// provocation makes a server of an engine answer with one number.
type provocation[S any] struct {
	engine  string
	provoke func(*testing.T, S) error
}

type provocations[S any] map[uint16]provocation[S]

// unreachable says why no test here provokes a number.
func unreachable() map[uint16]string {
	const (
		members = "needs several members of a group that write: make failover"
		leaving = "needs a member that is joining or leaving its group at this moment: make failover"
		tidb    = "needs TiDB, whose documentation describes it"
		broken  = "the server cannot send it: its connection is broken"
	)
	return map[uint16]string{
		1053: "what runs when the server stops is interrupted (1317), or loses its connection",
		1047: "needs a node of Galera without a majority: make failover",
		1129: "needs the host cache, which is off in the servers of the tests",
		1152: "the server only logs it",
		1158: broken, 1159: broken, 1160: broken, 1161: broken,
		1180: members, 3101: members,
		1836: "needs a server that was started with innodb_read_only",
		1927: "the server closes the connection before it sends it: TestKilledConnectionIsLost",
		3168: "needs a server that is starting or stopping at this moment",
		3169: "is sent to sessions of plugins and of the X Protocol only",
		3796: leaving, 3797: leaving, 3798: leaving, 3799: leaving,
		8002: tidb, 8005: tidb, 8022: tidb, 8028: tidb, 9007: tidb,
		9001: tidb, 9002: tidb, 9003: tidb, 9004: tidb, 9005: tidb,
	}
}

// Fails when a number in the table is neither provoked on a real server nor known to be out of reach, or is
// both, or when a test provokes one that the table lacks.
func TestEveryNumberIsProvoked(t *testing.T) {
	t.Parallel()
	tested := slices.Concat(slices.Collect(maps.Keys(unreachable())), slices.Collect(maps.Keys(onDatabase())),
		slices.Collect(maps.Keys(onServer())), slices.Collect(maps.Keys(onGroup())))
	slices.Sort(tested)
	numbers := mysql.Numbers()
	for _, n := range numbers {
		if _, found := slices.BinarySearch(tested, n); !found {
			t.Errorf("no test provokes %d", n)
		}
	}
	for i, n := range tested {
		if !slices.Contains(numbers, n) || i > 0 && n == tested[i-1] {
			t.Errorf("%d is tested twice, or not in the table", n)
		}
	}
}

// Fails when a server answers with another number than the table expects, or when what the caller is told is
// that Identikit has a defect.
func TestReactions(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for number, p := range onDatabase() {
		if p.appliesTo(t, db.Pool) {
			t.Run(fmt.Sprint(number), func(t *testing.T) {
				t.Parallel()
				checkNumber(t, number, p.provoke(t, mysqltest.NewDB(t)))
			})
		}
	}
}

// Fails as TestReactions does, for errors that a whole server must be set up for.
func TestReactionsOfAServer(t *testing.T) { //nolint:tparallel // the cases change the settings of one server
	t.Parallel()
	n := newNode(t, 1)
	cases := onServer()
	for _, number := range slices.Sorted(maps.Keys(cases)) {
		if p := cases[number]; p.appliesTo(t, n.admin) {
			t.Run(fmt.Sprint(number), func(t *testing.T) {
				checkNumber(t, number, p.provoke(t, n))
			})
		}
	}
}

func (p provocation[S]) appliesTo(t *testing.T, pool *sql.DB) bool {
	t.Helper()
	version, err := mysql.Version(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(version, p.engine)
}

func checkNumber(t *testing.T, want uint16, err error) {
	t.Helper()
	got, ok := errors.AsType[*driver.MySQLError](err)
	if !ok || got.Number != want {
		t.Errorf("got %v, want %d", err, want)
	}
	if code := identity.CodeOf(mysql.Translate(err)); code != identity.CodeUnavailable {
		t.Errorf("the caller is told %s", code)
	}
}
