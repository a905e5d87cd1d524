package doctor

import (
	"fmt"
	"strconv"
	"strings"
)

// checkAnswers finds the servers that do not answer.
func checkAnswers(servers []server) []Finding {
	var all []Finding
	level, missing := Wrong, 0
	for _, s := range servers {
		if s.err == nil {
			level = Risk // another one answers
		} else {
			missing++
		}
	}
	for _, s := range servers {
		f := fine("The server answers.")
		if s.err != nil {
			f = Finding{Level: level, Found: fmt.Sprintf("The server cannot be examined: %s.", reason(s.err)),
				Advice: "Start it, or correct DATABASE_URL: its host, user, password and database."}
			if level == Risk {
				f.Advice = "Start it, or remove it from DATABASE_URL: it cannot take over when another server fails."
			}
		}
		f.Check, f.Servers = "answers", []string{s.address}
		all = add(all, f)
	}
	return all
}

// checkVersion compares the version with the supported ones.
func checkVersion(s server, _ Options) []Finding {
	engine, version := s.engine()
	f := fine("%s %s is supported.", engine, version)
	switch {
	case engine == "TiDB":
		f = Finding{Level: Risk, Found: fmt.Sprintf("TiDB %s is not tested with Identikit.", version),
			Advice: "Use MySQL 8.0 or newer or MariaDB 10.6 or newer, or test your load on it first."}
	case engine == "MariaDB" && older(version, 10, 6), engine == "MySQL" && older(version, 8, 0):
		f = Finding{Level: Wrong, Found: fmt.Sprintf("%s %s is too old.", engine, version),
			Advice: "Upgrade to MySQL 8.0 or newer, or to MariaDB 10.6 or newer."}
	}
	return []Finding{f}
}

// older reports whether a version is before major.minor. One that is not a number is.
func older(version string, major, minor int) bool {
	parts := strings.SplitN(version+".0", ".", 3)
	m, _ := strconv.Atoi(parts[0])
	n, _ := strconv.Atoi(parts[1])
	return m < major || m == major && n < minor
}

// checkSchema finds missing migrations.
func checkSchema(s server, _ Options) []Finding {
	switch {
	case s.pending.err != nil:
		return []Finding{{Level: Wrong, Found: "The migrations cannot be read: " + reason(s.pending.err) + ".",
			Advice: "Grant the account SELECT on the database."}}
	case s.pending.value:
		return []Finding{{Level: Wrong, Found: "A migration is missing.", Advice: "Run: identikit migrate up"}}
	}
	return []Finding{fine("The schema is current.")}
}
