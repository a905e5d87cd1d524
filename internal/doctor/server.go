package doctor

import (
	"strconv"
	"strings"
	"time"
)

// server is what was read about one server.
type server struct {
	address string
	err     error // why it could not be examined; nothing else is known then

	global, session, status settings
	clock                   clock

	members fact[[]member]
	sources fact[[]source]
	columns fact[[]column]
	size    fact[uint64] // of Identikit's tables and indexes, in bytes
	grants  fact[[]string]
	pending fact[bool] // a migration is missing

	database string // its name
}

// fact is something that the account may not be allowed to read.
type fact[T any] struct {
	value T
	err   error
}

// clock is the difference between the server's clock and that of this process.
type clock struct {
	ahead  time.Duration // negative if the server's clock is behind
	within time.Duration // how wrong ahead may be
}

// member is a member of a group, as the server sees it.
type member struct {
	id, address, state, role string
}

// source is a server that this one replicates from.
type source struct {
	address string
	running bool
	lag     string // in seconds; "" if it is not known
}

// column is a column with text.
type column struct {
	table, name, collation string
}

// settings are system variables or status variables by their names in lower case. A server does not
// have the variables of another engine: they are "" then.
type settings map[string]string

// first returns the first of the variables that the server has, by the name that it uses. Engines
// and versions name some variables differently.
func (s settings) first(names ...string) (name, value string) {
	for _, name := range names {
		if value, ok := s[name]; ok {
			return name, value
		}
	}
	return "", ""
}

// on reports whether a switch is on.
func (s settings) on(name string) bool {
	switch strings.ToUpper(s[name]) {
	case "", "OFF", "0", "NO", "FALSE":
		return false
	}
	return true
}

// number returns 0 for a variable that the server does not have.
func (s settings) number(name string) uint64 {
	n, _ := strconv.ParseUint(s[name], 10, 64)
	return n
}

// has reports whether a variable that is a set of words contains the word.
func (s settings) has(name, word string) bool {
	for one := range strings.SplitSeq(s[name], ",") {
		if strings.EqualFold(one, word) {
			return true
		}
	}
	return false
}

// engine returns MySQL, MariaDB or TiDB and the version.
func (s server) engine() (name, version string) {
	version = s.global["version"]
	number, rest, _ := strings.Cut(version, "-")
	switch {
	case strings.Contains(version, "MariaDB"), strings.Contains(s.global["version_comment"], "MariaDB"):
		return "MariaDB", number
	case strings.HasPrefix(rest, "TiDB-"):
		return "TiDB", strings.TrimPrefix(rest, "TiDB-")
	}
	return "MySQL", number
}

func (s server) summary() Server {
	if s.err != nil {
		return Server{Address: s.address}
	}
	engine, version := s.engine()
	return Server{
		Address: s.address, Answers: true, AcceptsWrites: s.refusesWrites() == "",
		Engine: engine, Version: version, Topology: s.topology(),
	}
}
