package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// node is a server of a group of two, with a database and an account that read_only stops.
type node struct {
	admin   *sql.DB
	address string // of a proxy, since private servers listen on a socket only
}

const groupSchema = "follows"

func newNode(t *testing.T, id int) *node {
	t.Helper()
	server := mysqltest.NewServer(t)
	pool, err := mysql.Open(server.Config(), 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	n := &node{pool, proxy(t, server.Config())}
	for _, statement := range []string{
		fmt.Sprintf("SET GLOBAL server_id = %d", id),
		"CREATE DATABASE " + groupSchema,
		"CREATE TABLE " + groupSchema + ".written (id INT PRIMARY KEY)",
		"CREATE USER app@'%' IDENTIFIED BY 'secret'", "CREATE USER app@localhost IDENTIFIED BY 'secret'",
		"GRANT ALL ON " + groupSchema + ".* TO app@'%'", "GRANT ALL ON " + groupSchema + ".* TO app@localhost",
	} {
		n.exec(t, statement)
	}
	return n
}

func (n *node) exec(t *testing.T, statement string) {
	t.Helper()
	if _, err := n.admin.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// proxy listens on TCP and forwards to a server.
func proxy(t *testing.T, to mysql.Config) string {
	t.Helper()
	u, err := url.Parse(to.URL())
	if err != nil {
		t.Fatal(err)
	}
	network, target := "tcp", u.Host
	if socket := u.Query().Get("socket"); socket != "" {
		network, target = "unix", socket
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, target)
			if err != nil {
				client.Close()
				continue
			}
			go pipe(client, server)
			go pipe(server, client)
		}
	}()
	return listener.Addr().String()
}

func pipe(to, from net.Conn) {
	io.Copy(to, from) //nolint:errcheck // either end may close
	to.Close()
}

// switchTo makes one node the writer, without closing a connection.
func switchTo(t *testing.T, writer, other *node) {
	t.Helper()
	other.exec(t, "SET GLOBAL read_only = 1")
	writer.exec(t, "SET GLOBAL read_only = 0")
}

func openGroup(t *testing.T, a, b *node) *sql.DB {
	t.Helper()
	c, err := mysql.ParseURL(fmt.Sprintf("mysql://app:secret@%s,%s/%s?allowCleartextPasswords=true", a.address, b.address, groupSchema))
	if err != nil {
		t.Fatal(err)
	}
	pool, err := mysql.Open(c, 4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
	return pool
}

func serverID(ctx context.Context, pool *sql.DB) (id int, err error) {
	err = mysql.Retry(ctx, 1, func() error { return pool.QueryRowContext(ctx, "SELECT @@global.server_id").Scan(&id) })
	return id, err
}

// Fails when connections go to a server that does not accept writes while another one does, when they stay
// with one that was demoted and closed none of them, or when a caller sees the switch.
func TestConnectionsFollowTheWriter(t *testing.T) {
	t.Parallel()
	one, two := newNode(t, 1), newNode(t, 2)
	switchTo(t, two, one)
	pool := openGroup(t, one, two)
	if id, err := serverID(t.Context(), pool); err != nil || id != 2 {
		t.Fatalf("connected to %d, %v, want the writer, 2", id, err)
	}
	switchTo(t, one, two)
	// The write meets the error of a read-only server, which closes no connection, and is repeated.
	write := func(id int) error {
		return mysql.Retry(t.Context(), 1, func() error {
			return mysql.InTx(t.Context(), pool, func(tx *sql.Tx) error {
				_, err := tx.ExecContext(t.Context(), "INSERT INTO written VALUES (?)", id)
				return err
			})
		})
	}
	if err := write(1); err != nil {
		t.Fatalf("a write after the switch: %v", err)
	}
	if id, err := serverID(t.Context(), pool); err != nil || id != 1 {
		t.Errorf("a read after the write went to %d, %v, want 1", id, err)
	}
	// Without a write, the reads find it themselves.
	switchTo(t, two, one)
	var id int
	var err error
	for end := time.Now().Add(10 * time.Second); id != 2 && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if id, err = serverID(t.Context(), pool); err != nil {
			t.Fatalf("a read after the switch: %v", err)
		}
	}
	if id != 2 {
		t.Error("the reads stay with the server that was demoted")
	}
	two.exec(t, "SET GLOBAL read_only = 1")
	if err := write(2); !errors.Is(err, mysql.ErrReadOnly) {
		t.Errorf("a write without any writer: %v", err)
	}
}
