package mysql_test

import (
	"context"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a server that does not answer holds a connection indefinitely. Contexts do not limit a
// COMMIT; a statement without a context takes its place here.
func TestReadTimeoutClosesConnection(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for limit, wantErr := range map[time.Duration]bool{200 * time.Millisecond: true, time.Minute: false} {
		pool, err := mysql.Open(db.Config.WithReadTimeout(limit), 1)
		if err != nil {
			t.Fatal(err)
		}
		_, err = pool.ExecContext(context.WithoutCancel(t.Context()), "DO SLEEP(2)")
		if (err != nil) != wantErr {
			t.Errorf("limit %s: %v", limit, err)
		}
		if err := pool.PingContext(t.Context()); err != nil {
			t.Errorf("limit %s: the pool has no connection afterwards: %v", limit, err)
		}
		pool.Close()
	}
}
