package doctor

import (
	"errors"
	"fmt"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
)

// check is one check of a single server that answers.
type check struct {
	name string
	find func(server, Options) []Finding
}

// checks is the closed set of checks of single servers, in the order of the report.
func checks() []check {
	return []check{
		{"version", checkVersion},
		{"topology", checkTopology},
		{"group", checkGroup},
		{"galera", checkGalera},
		{"replication", checkReplication},
		{"schema", checkSchema},
		{"privileges", checkPrivileges},
		{"collation", checkCollation},
		{"session", checkSession},
		{"durability", checkDurability},
		{"connections", checkConnections},
		{"packet", checkPacket},
		{"memory", checkMemory},
		{"clock", checkClock},
		{"ids", checkIDs},
	}
}

// examine runs all checks. What is the same on several servers becomes one finding.
func examine(servers []server, o Options) []Finding {
	all := slices.Concat(checkAnswers(servers), checkWriters(servers), checkSemiSync(servers))
	for _, c := range checks() {
		for _, s := range servers {
			if s.err != nil {
				continue
			}
			for _, f := range c.find(s, o) {
				f.Check, f.Servers = c.name, []string{s.address}
				all = add(all, f)
			}
		}
		if c.name == "clock" {
			all = append(all, compareClocks(servers)...)
		}
	}
	return all
}

// add appends a finding, or adds its server to an equal one.
func add(all []Finding, f Finding) []Finding {
	for i, other := range all {
		if other.Check == f.Check && other.Level == f.Level && other.Found == f.Found && other.Advice == f.Advice {
			all[i].Servers = append(all[i].Servers, f.Servers...)
			return all
		}
	}
	return append(all, f)
}

func fine(format string, args ...any) Finding { return Finding{Found: fmt.Sprintf(format, args...)} }

// unread is the finding for what the account may not read.
func unread(what string, err error, advice string) []Finding {
	return []Finding{{Level: Note, Found: fmt.Sprintf("%s cannot be read: %s", what, reason(err)), Advice: advice}}
}

// reason is the cause of an error without values from the database.
func reason(err error) string {
	known, ok := errors.AsType[*identity.Error](mysql.Translate(err))
	if !ok || known.Err == nil {
		return "unknown error"
	}
	return known.Err.Error()
}
