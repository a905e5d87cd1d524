// Package doctor examines the servers of a database: whether Identikit can work with them, which
// settings endanger what it promises, and what to do about it. It reads only the servers'
// variables, their state and the information schema, and changes nothing.
//
// look reads what there is to know about one server. The checks are functions of that, without I/O.
package doctor

import (
	"context"
	"slices"
	"sync"

	"github.com/identikit/identikit/internal/mysql"
)

// Level says how bad a finding is.
type Level int

const (
	OK    Level = iota // nothing to do
	Note               // good to know; it may be intended
	Risk               // it works, but something that may happen loses data, time or availability
	Wrong              // it does not work, or it gives wrong answers
)

// String returns ok, note, risk or wrong.
func (l Level) String() string {
	switch l {
	case OK:
		return "ok"
	case Note:
		return "note"
	case Risk:
		return "risk"
	default:
		return "wrong"
	}
}

// MarshalText implements encoding.TextMarshaler.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Finding is what one check found. It contains no password and no e-mail address or phone number of
// a customer.
type Finding struct {
	Check   string   `json:"check"` // a word; the set of words is closed
	Level   Level    `json:"level"`
	Servers []string `json:"servers"` // the addresses of the servers that it is about
	Found   string   `json:"found"`   // what was found, with the values of settings
	Advice  string   `json:"advice"`  // what to do; "" if the level is OK
}

// Server is one server of the database. Without an answer, only its address is known.
type Server struct {
	Address       string `json:"address"`
	Answers       bool   `json:"answers"`
	AcceptsWrites bool   `json:"acceptsWrites"`
	Engine        string `json:"engine"`   // MySQL, MariaDB or TiDB
	Version       string `json:"version"`  // such as 8.4.3
	Topology      string `json:"topology"` // single, replica, group or galera
}

// Report is the result of an examination.
type Report struct {
	Level    Level     `json:"level"` // the worst of the findings
	Database string    `json:"database"`
	Servers  []Server  `json:"servers"`  // in the order of the configuration
	Findings []Finding `json:"findings"` // in the order of the checks
}

// Answered reports whether at least one server could be examined.
func (r Report) Answered() bool {
	for _, s := range r.Servers {
		if s.Answers {
			return true
		}
	}
	return false
}

// Count returns the number of findings of a level.
func (r Report) Count(l Level) int {
	n := 0
	for _, f := range r.Findings {
		if f.Level == l {
			n++
		}
	}
	return n
}

// Options are what the findings are compared with.
type Options struct {
	Connections int            // the most that one process opens
	Replicas    []mysql.Config // servers that are only read from, one in each
}

// Examine looks at all servers of c and at the replicas, for at most half a minute. A server that does not answer is a
// finding.
func Examine(ctx context.Context, c mysql.Config, o Options) Report {
	each := c.Each()
	for _, r := range o.Replicas {
		if !slices.ContainsFunc(each, func(c mysql.Config) bool { return c.Addresses() == r.Addresses() }) {
			each = append(each, r)
		}
	}
	servers := make([]server, len(each))
	var wg sync.WaitGroup
	for i, one := range each {
		wg.Go(func() { servers[i] = look(ctx, one) })
	}
	wg.Wait()
	r := Report{Database: c.String(), Findings: examine(servers, o)}
	for _, s := range servers {
		r.Servers = append(r.Servers, s.summary())
	}
	for _, f := range r.Findings {
		r.Level = max(r.Level, f.Level)
	}
	return r
}
