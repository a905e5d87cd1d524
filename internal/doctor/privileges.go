package doctor

import (
	"regexp"
	"strings"
)

// checkPrivileges looks at what the account may do.
func checkPrivileges(s server, _ Options) []Finding {
	if s.grants.err != nil {
		return unread("The privileges of the account", s.grants.err, "Make sure that it has SELECT, INSERT, UPDATE and DELETE on the database.")
	}
	p := parseGrants(s.grants.value, s.database)
	service, migrations := p.lacks("SELECT", "INSERT", "UPDATE", "DELETE"), p.lacks("CREATE", "ALTER", "DROP", "INDEX")
	switch {
	case len(service)+len(migrations) > 0 && p.unclear:
		return []Finding{{Level: Note, Found: "The account has privileges on single tables, which are not examined.",
			Advice: "Make sure that it has SELECT, INSERT, UPDATE and DELETE on all tables of the database."}}
	case len(service) > 0:
		return []Finding{{Level: Wrong, Found: "The account lacks " + strings.Join(service, ", ") + " on the database.",
			Advice: "Grant it SELECT, INSERT, UPDATE and DELETE on the database."}}
	case len(migrations) > 0:
		return []Finding{{Level: Note,
			Found:  "The account can read and write, but cannot run migrations: it lacks " + strings.Join(migrations, ", ") + ".",
			Advice: "Run identikit migrate up with another account."}}
	}
	return []Finding{fine("The account can read, write and run migrations.")}
}

// privileges is what an account may do with all tables of one database.
type privileges struct {
	all     bool
	has     map[string]bool
	unclear bool // there are grants on single tables
}

// lacks returns those of the privileges that the account does not have.
func (p privileges) lacks(names ...string) []string {
	var missing []string
	for _, name := range names {
		if !p.has[name] && (!p.all || p.has[name+" revoked"]) {
			missing = append(missing, name)
		}
	}
	return missing
}

// grant matches a line of SHOW GRANTS that is about tables.
var grant = regexp.MustCompile("^(GRANT|REVOKE) (.+?) ON (\\*|`(?:[^`]|``)+`)\\.(\\*|`(?:[^`]|``)+`) (?:TO|FROM) ")

// parseGrants reads the lines of SHOW GRANTS. Roles that are not active give no privileges.
func parseGrants(lines []string, database string) privileges {
	p := privileges{has: map[string]bool{}}
	for _, line := range lines {
		m := grant.FindStringSubmatch(line)
		switch {
		case m == nil, !covers(m[3], database):
			continue
		case m[4] != "*":
			p.unclear = true
			continue
		}
		for name := range strings.SplitSeq(m[2], ",") {
			switch name = strings.TrimSpace(name); {
			case m[1] == "REVOKE": // a partial revoke of MySQL, after the grants
				delete(p.has, name)
				p.has[name+" revoked"] = true
			case name == "ALL PRIVILEGES":
				p.all = true
			default:
				p.has[name] = true
			}
		}
	}
	return p
}

// covers reports whether the quoted pattern of a grant is about a database. In a pattern % stands
// for any text, _ for any character, and a backslash takes that meaning away.
func covers(pattern, database string) bool {
	if pattern == "*" {
		return true
	}
	pattern = strings.ReplaceAll(strings.Trim(pattern, "`"), "``", "`")
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteString(".")
		case c == '\\' && i+1 < len(pattern):
			i++
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	matched, err := regexp.MatchString("^(?s:"+b.String()+")$", database)
	return err == nil && matched
}
