package mysql

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
)

// Fails when a server's certificate is checked for the name of another: each of several hosts has a name
// of its own. The server here begins a TLS handshake, and sees for whom the client takes it.
func TestTLSNamesTheHost(t *testing.T) {
	t.Parallel()
	names := make(chan string, 2)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go greet(conn, names)
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseURL(fmt.Sprintf("mysql://ann@localhost:%s,ip6-localhost:1/shop?tls=true", port))
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.PingContext(t.Context()); err == nil {
		t.Error("a server without a certificate was accepted")
	}
	if got := <-names; got != "localhost" {
		t.Errorf("the certificate is checked for %q, want localhost", got)
	}
}

// greet speaks the server's side up to the TLS handshake.
func greet(conn net.Conn, names chan<- string) {
	defer conn.Close()
	const handshake = "\x0a8.0.0\x00\x01\x00\x00\x0012345678\x00\x00\x8a\x21\x02\x00\x08\x00\x15\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00" +
		"123456789012\x00mysql_native_password\x00"
	conn.Write(append([]byte{byte(len(handshake)), 0, 0, 0}, handshake...)) //nolint:errcheck // the client notices
	if _, err := io.ReadFull(conn, make([]byte, 4+32)); err != nil {
		return
	}
	server := tls.Server(conn, &tls.Config{GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
		names <- hello.ServerName
		return nil, errors.New("seen")
	}})
	server.Handshake() //nolint:errcheck // it fails on purpose
}
