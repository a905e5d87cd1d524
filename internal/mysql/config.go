// Package mysql opens MySQL and MariaDB databases with the settings that Identikit needs, runs
// transactions with retries, and translates driver errors to the domain's. It is the only package
// that uses the driver. It does not know any table.
package mysql

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"
)

const defaultPort = "3306"

// lockWait is how long, in seconds, a statement waits for a row lock. It is far below the server's
// 50, because the server keeps waiting after the caller has left, and everything in the same
// transaction waits with it.
const lockWait = "1"

// Config is a database to open. The zero value is not usable: use ParseURL or SocketConfig.
type Config struct {
	driver  *driver.Config
	others  []string // addresses of further servers of one group or cluster
	servers *servers
	reads   bool // whether it is used although it does not accept writes
}

// ParseURL parses mysql://user:password@host:port/database?parameters. User and password may be
// percent-encoded, an IPv6 host must be in brackets, and the port defaults to 3306. Several hosts,
// separated by commas, are the servers of one group or cluster: connections go to the one that accepts
// writes. Parameters are the driver's (tls=true, timeout=5s …). In addition, socket=/path connects through a unix socket,
// and ssl-mode is accepted, because hosted databases use it in their URLs. Errors say what is
// accepted and never contain a part of the URL.
func ParseURL(raw string) (Config, error) {
	first, others := splitHosts(raw)
	u, err := url.Parse(first)
	if err != nil {
		return Config{}, errors.New("not a URL; special characters in user and password must be percent-encoded")
	}
	if err := checkHosts(others); err != nil {
		return Config{}, err
	}
	database := strings.TrimPrefix(u.Path, "/")
	switch {
	case u.Scheme != "mysql":
		return Config{}, errors.New("must begin with mysql://")
	case database == "" || strings.Contains(database, "/"):
		return Config{}, errors.New("must end with /database, one name")
	case u.User.Username() == "":
		return Config{}, errors.New("must name a user: mysql://user:password@host:port/database")
	}
	query := u.Query()
	socket := query.Get("socket")
	query.Del("socket")
	if socket == "" && u.Hostname() == "" {
		return Config{}, errors.New("must name a host: mysql://user:password@host:port/database")
	}
	if err := translateSSLMode(query); err != nil {
		return Config{}, err
	}
	c, err := driver.ParseDSN("/?" + strings.ReplaceAll(query.Encode(), "+", "%20"))
	if err != nil {
		return Config{}, errors.New("has a parameter that the MySQL driver does not accept; see github.com/go-sql-driver/mysql#parameters")
	}
	password, _ := u.User.Password()
	config := newConfig(c, socket, joinPort(u.Host), u.User.Username(), password, database)
	if socket != "" && len(others) > 0 {
		return Config{}, errors.New("has several hosts and a socket; it takes either")
	}
	config.others = others
	return config, nil
}

// checkHosts adds the default port to hosts without one.
func checkHosts(hosts []string) error {
	for i, host := range hosts {
		if one, err := url.Parse("mysql://" + host); err != nil || host == "" || one.Host != host || one.Hostname() == "" {
			return errors.New("has a host that is not host or host:port; several are separated by commas")
		}
		hosts[i] = joinPort(host)
	}
	return nil
}

// splitHosts returns the URL with only the first of its hosts, and the other hosts.
func splitHosts(raw string) (first string, others []string) {
	begin := strings.Index(raw, "://") + len("://")
	if begin < len("://") {
		return raw, nil
	}
	end := len(raw)
	if i := strings.IndexAny(raw[begin:], "/?#"); i >= 0 {
		end = begin + i
	}
	begin += strings.LastIndex(raw[begin:end], "@") + 1
	hosts := strings.Split(raw[begin:end], ",")
	return raw[:begin] + hosts[0] + raw[end:], hosts[1:]
}

// SocketConfig returns the config for a local server that trusts every client on its unix socket.
func SocketConfig(socket, user, database string) Config {
	return newConfig(driver.NewConfig(), socket, "", user, "", database)
}

func newConfig(c *driver.Config, socket, addr, user, password, database string) Config {
	c.Net, c.Addr = "tcp", addr
	if socket != "" {
		c.Net, c.Addr = "unix", socket
	}
	c.User, c.Passwd, c.DBName = user, password, database
	c.TLS = nil // ParseDSN has set it up for another server's name

	c.ParseTime, c.Loc = true, time.UTC
	c.InterpolateParams = true // one round trip per statement instead of prepare, execute and close
	c.ClientFoundRows = true   // RowsAffected counts matched rows, even if they did not change
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	c.Logger = silent{} // the driver would print errors to stderr that it also returns
	if c.Params == nil {
		c.Params = map[string]string{}
	}
	c.Params["time_zone"] = "'+00:00'"
	// Plan long IN lists by the index's statistics: looking up each value for the plan costs as
	// much as running the query.
	c.Params["eq_range_index_dive_limit"] = "1"
	if c.Params["innodb_lock_wait_timeout"] == "" {
		c.Params["innodb_lock_wait_timeout"] = lockWait
	}
	return Config{driver: c, servers: newServers()}
}

// WithReadTimeout returns the config of a pool that closes a connection if an answer, or writing a
// statement, takes longer than limit. The limit must exceed the longest statement. Contexts limit
// every statement but COMMIT and ROLLBACK: without a read timeout, a server that disappears after
// it received a COMMIT would hold the connection indefinitely.
func (c Config) WithReadTimeout(limit time.Duration) Config {
	d := c.clone()
	d.ReadTimeout, d.WriteTimeout = limit, limit
	return c.with(d)
}

// WithHost returns the config with another host, or host:port, over TCP, and no others.
func (c Config) WithHost(host string) Config {
	d := c.clone()
	d.Net, d.Addr = "tcp", joinPort(host)
	return Config{driver: d, servers: newServers()}
}

// WithPassword returns the config with another password.
func (c Config) WithPassword(password string) Config {
	d := c.clone()
	d.Passwd = password
	return c.with(d)
}

// WithDatabase returns the config with another database, or none if name is "".
func (c Config) WithDatabase(name string) Config {
	d := c.clone()
	d.DBName = name
	return c.with(d)
}

// String describes user, addresses and database without the password.
func (c Config) String() string {
	return fmt.Sprintf("%s@%s/%s", c.driver.User, c.Addresses(), c.driver.DBName)
}

// URL returns a URL that ParseURL accepts, with user and password but without driver parameters.
func (c Config) URL() string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(c.driver.User, c.driver.Passwd), Path: "/" + c.driver.DBName}
	if c.driver.Net == "unix" {
		u.Host, u.RawQuery = "localhost", url.Values{"socket": {c.driver.Addr}}.Encode()
	} else {
		u.Host = c.Addresses()
	}
	return u.String()
}

// Addresses lists the servers as host:port, separated by commas, or the path of the socket.
func (c Config) Addresses() string {
	return strings.Join(append([]string{c.driver.Addr}, c.others...), ",")
}

// with returns the config with other settings for the same servers.
func (c Config) with(d *driver.Config) Config {
	c.driver = d
	return c
}

func (c Config) clone() *driver.Config {
	d := c.driver.Clone()
	d.Params = maps.Clone(c.driver.Params)
	return d
}

// joinPort adds the default port to a host without one. An IPv6 address may have brackets or not.
func joinPort(host string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), defaultPort)
}

// translateSSLMode converts ssl-mode of the mysql client into the driver's tls parameter.
func translateSSLMode(query url.Values) error {
	mode := query.Get("ssl-mode")
	query.Del("ssl-mode")
	switch strings.ToUpper(mode) {
	case "":
	case "DISABLED":
		query.Set("tls", "false")
	case "PREFERRED":
		query.Set("tls", "preferred")
	case "REQUIRED":
		query.Set("tls", "skip-verify")
	case "VERIFY_CA", "VERIFY_IDENTITY":
		query.Set("tls", "true")
	default:
		return errors.New("has an ssl-mode other than DISABLED, PREFERRED, REQUIRED, VERIFY_CA and VERIFY_IDENTITY")
	}
	return nil
}

type silent struct{}

func (silent) Print(...any) {}
