package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// The topologies.
const (
	single  = "single"
	replica = "replica"
	group   = "group"
	galera  = "galera"
)

func (s server) topology() string {
	switch {
	case s.global.on("wsrep_on"):
		return galera
	case len(s.members.value) > 0, s.members.err != nil:
		return group
	case len(s.sources.value) > 0:
		return replica
	}
	return single
}

// refusesWrites returns why the server does not accept writes, "" if it does.
func (s server) refusesWrites() string {
	for _, name := range []string{"super_read_only", "read_only", "innodb_read_only"} {
		if s.global.on(name) {
			return name + " = " + s.global[name]
		}
	}
	switch s.topology() {
	case galera:
		if !s.status.on("wsrep_ready") {
			return "wsrep_ready = " + s.status["wsrep_ready"]
		}
	case group:
		if yes, what := s.isPrimary(); !yes {
			return fmt.Sprintf("it is %s in its group", what)
		}
		if !s.hasQuorum() {
			return "its group has lost the majority of its members"
		}
	}
	return ""
}

// checkWriters finds out which servers accept writes. There must be one, or they must be one
// cluster that resolves conflicts.
func checkWriters(servers []server) []Finding {
	var writers []server
	for _, s := range servers {
		if s.err == nil && s.refusesWrites() == "" {
			writers = append(writers, s)
		}
	}
	var all []Finding
	for _, s := range servers {
		if s.err != nil {
			continue
		}
		f := fine("The server accepts writes.")
		if why := s.refusesWrites(); why != "" {
			f = Finding{Level: Note, Found: fmt.Sprintf("The server does not accept writes: %s.", why),
				Advice: "Leave it if it is a standby: connections go to another server of DATABASE_URL."}
			if len(writers) == 0 {
				f.Level, f.Advice = Wrong, "Put the server that accepts writes into DATABASE_URL, or all servers of its group."
			}
		}
		f.Check, f.Servers = "writes", []string{s.address}
		all = add(all, f)
	}
	if len(writers) > 1 && !resolveConflicts(writers) {
		f := Finding{Check: "writes", Level: Wrong, Found: "Several servers accept writes, and they are not one group with several primaries.",
			Advice: "Make all but one read-only at once, and compare their data: each may have customers that the others lack."}
		for _, s := range writers {
			f.Servers = append(f.Servers, s.address)
		}
		all = append(all, f)
	}
	return all
}

// resolveConflicts reports whether the servers are one server under several names, or nodes of one
// cluster that may all be written to.
func resolveConflicts(servers []server) bool {
	ids := make([]string, len(servers))
	for i, s := range servers {
		switch {
		case s.topology() == galera:
			ids[i] = s.status["wsrep_cluster_state_uuid"]
		case s.topology() == group && !s.global.on("group_replication_single_primary_mode"):
			ids[i] = s.global["group_replication_group_name"]
		default:
			_, ids[i] = s.global.first("server_uuid", "server_uid")
		}
	}
	return ids[0] != "" && len(slices.Compact(ids)) == 1
}

// checkTopology says what the server is part of.
func checkTopology(s server, _ Options) []Finding {
	switch s.topology() {
	case galera:
		return []Finding{fine("It is a node of a Galera cluster with %s nodes; it is %s, and the cluster is %s.",
			s.status["wsrep_cluster_size"], s.status["wsrep_local_state_comment"], s.status["wsrep_cluster_status"])}
	case group:
		primaries := "several primaries"
		if s.global.on("group_replication_single_primary_mode") {
			primaries = "one primary"
		}
		return []Finding{fine("It is a member of a group (Group Replication) with %s%s.", primaries, s.listMembers())}
	case replica:
		var from []string
		for _, source := range s.sources.value {
			from = append(from, source.address)
		}
		return []Finding{fine("It is a replica of %s.", strings.Join(from, ", "))}
	}
	if s.sources.err != nil {
		return []Finding{fine("It is a single server or a replica; the account cannot see which.")}
	}
	return []Finding{fine("It is a single server: it is in no group or cluster, and replicates from no server.")}
}
