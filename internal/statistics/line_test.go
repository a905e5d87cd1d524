package statistics_test

import (
	"bytes"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
)

// line is a TCP proxy to a database that can lose the answer of a COMMIT, which is carried out.
type line struct {
	network, address string
	cut              atomic.Bool // the next answer of a COMMIT
}

// newLine returns a line and the database behind it.
func newLine(t *testing.T, db *mysqltest.DB) (*line, mysql.Config) {
	t.Helper()
	u, err := url.Parse(db.URL())
	if err != nil {
		t.Fatal(err)
	}
	l := &line{network: "tcp", address: u.Host}
	query := u.Query()
	if socket := query.Get("socket"); socket != "" {
		l.network, l.address = "unix", socket
		query.Del("socket")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for client, err := listener.Accept(); err == nil; client, err = listener.Accept() {
			go l.carry(client)
		}
	}()
	u.Host, u.RawQuery = listener.Addr().String(), query.Encode()
	config, err := mysql.ParseURL(u.String())
	if err != nil {
		t.Fatal(err)
	}
	return l, config
}

func (l *line) carry(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(l.network, l.address)
	if err != nil {
		return
	}
	defer server.Close()
	var lost atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		for buffer := make([]byte, 1<<16); ; {
			n, err := server.Read(buffer)
			if err != nil || lost.Load() {
				client.Close()
				return
			}
			client.Write(buffer[:n]) //nolint:errcheck // either end may close
		}
	}()
	for buffer := make([]byte, 1<<16); ; {
		n, err := client.Read(buffer)
		if err != nil {
			break
		}
		lost.Store(bytes.Contains(buffer[:n], []byte("\x03COMMIT")) && l.cut.CompareAndSwap(true, false))
		server.Write(buffer[:n]) //nolint:errcheck // likewise
		if lost.Load() {
			<-answered
		}
	}
}
