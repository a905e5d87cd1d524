package doctor

import (
	"fmt"
	"strconv"
)

// longLag is how many seconds a replica may be behind.
const longLag = 10

// checkReplication examines a replica.
func checkReplication(s server, _ Options) []Finding {
	if s.sources.err != nil {
		return unread("The state of replication", s.sources.err,
			"Grant the account REPLICATION CLIENT (MariaDB: REPLICA MONITOR) to have it checked.")
	}
	var all []Finding
	for _, source := range s.sources.value {
		all = append(all, source.check())
	}
	if len(all) > 0 && s.refusesWrites() == "" {
		all = append(all, Finding{Level: Risk, Found: "The server is a replica and accepts writes: its source does not get them.",
			Advice: "Point DATABASE_URL at the source, or, if this one has replaced it, stop replication (RESET REPLICA ALL)."})
	}
	return all
}

func (r source) check() Finding {
	lag, err := strconv.Atoi(r.lag)
	switch {
	case !r.running || err != nil:
		return Finding{Level: Risk, Found: fmt.Sprintf("Replication from %s does not run.", r.address),
			Advice: "See SHOW REPLICA STATUS for the reason, and start it."}
	case lag > longLag:
		return Finding{Level: Risk, Found: fmt.Sprintf("The replica is %d s behind %s.", lag, r.address),
			Advice: "Find out what slows it down: if it takes over now, it lacks what was acknowledged since."}
	}
	return fine("Replication from %s runs.", r.address)
}

// checkSemiSync looks at several servers that are no cluster: the one that writes must wait for
// another.
func checkSemiSync(servers []server) []Finding {
	if len(servers) < 2 {
		return nil
	}
	var all []Finding
	for _, s := range servers {
		if s.err != nil || s.refusesWrites() != "" || s.topology() == galera || s.topology() == group {
			continue
		}
		name, value := s.global.first("rpl_semi_sync_source_enabled", "rpl_semi_sync_master_enabled")
		f := fine("%s = %s: a commit waits for a replica.", name, value)
		if name == "" || !s.global.on(name) {
			f = Finding{Level: Risk, Found: "Replication is asynchronous: a server that takes over may lack what was acknowledged last.",
				Advice: "Use semi-synchronous replication, Group Replication or Galera."}
		}
		f.Check, f.Servers = "replication", []string{s.address}
		all = add(all, f)
	}
	return all
}
