package doctor

import (
	"fmt"
	"strings"
)

const (
	online = "ONLINE"
	// quorum is how many members a group needs so that one can be lost.
	quorum = 3
	// longExpel is how many seconds, beyond five, a group may wait for a lost member.
	longExpel = 30
)

// isPrimary reports whether the server is a primary of its group, and what it is. Without the
// members it is assumed to be one: the others are read-only.
func (s server) isPrimary() (yes bool, what string) {
	if s.members.err != nil {
		return true, ""
	}
	for _, m := range s.members.value {
		if m.id == s.global["server_uuid"] {
			return m.state == online && m.role == "PRIMARY", m.state + " " + m.role
		}
	}
	return false, "not a member"
}

// hasQuorum is also true if the members are not known.
func (s server) hasQuorum() bool {
	reachable := 0
	for _, m := range s.members.value {
		if m.state == online || m.state == "RECOVERING" {
			reachable++
		}
	}
	return 2*reachable > len(s.members.value) || s.members.err != nil
}

// listMembers lists the members after a colon, if they are known.
func (s server) listMembers() string {
	if s.members.err != nil {
		return ""
	}
	var all []string
	for _, m := range s.members.value {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s %s %s", m.address, m.state, m.role)))
	}
	return ": " + strings.Join(all, ", ")
}

// checkGroup examines a member of a group.
func checkGroup(s server, _ Options) []Finding {
	if s.topology() != group {
		if s.global["group_replication_group_name"] == "" {
			return nil
		}
		return []Finding{{Level: Risk, Found: "Group Replication is configured, and the server is not in its group.",
			Advice: "See its error log for the reason, and START GROUP_REPLICATION."}}
	}
	return []Finding{s.checkMembers(), s.checkMajority(), s.checkExpel(), s.checkExit(), s.checkConsistency()}
}

func (s server) checkMembers() Finding {
	if s.members.err != nil {
		return Finding{Level: Risk, Found: fmt.Sprintf(
			"The members of the group cannot be read: %s. Identikit does not notice then that a server is cut off from the majority.",
			reason(s.members.err)),
			Advice: "Grant the account SELECT on performance_schema.replication_group_members."}
	}
	ready, lost := 0, 0
	for _, m := range s.members.value {
		if m.state == online {
			ready++
		} else {
			lost++
		}
	}
	switch {
	case lost > 0:
		return Finding{Level: Risk, Found: fmt.Sprintf("%d of %d members are not online.", lost, ready+lost),
			Advice: "Bring them back: see the error log of each, and START GROUP_REPLICATION."}
	case ready < quorum:
		return Finding{Level: Risk, Found: fmt.Sprintf("The group has %d members; if one fails, the rest has no majority.", ready),
			Advice: "Run at least three members."}
	}
	return fine("All %d members are online.", ready)
}

func (s server) checkMajority() Finding {
	const name = "group_replication_unreachable_majority_timeout"
	if s.global.number(name) == 0 {
		return Finding{Level: Risk, Found: name + " = 0: a member that is cut off from the majority holds its commits indefinitely.",
			Advice: "Set it to a few seconds, such as 5: the member then leaves the group, and its clients go to another."}
	}
	return fine("%s = %s.", name, s.global[name])
}

func (s server) checkExpel() Finding {
	const name = "group_replication_member_expel_timeout"
	if n := s.global.number(name); n > longExpel {
		return Finding{Level: Risk, Found: fmt.Sprintf("%s = %d: after the primary has died, nothing can be written for %d s.", name, n, n+5),
			Advice: "Set it to 5, or to 0 to be back soonest; larger values tolerate short interruptions of the network."}
	}
	return fine("%s = %s.", name, s.global[name])
}

func (s server) checkExit() Finding {
	const name = "group_replication_exit_state_action"
	if strings.EqualFold(s.global[name], "ABORT_SERVER") {
		return Finding{Level: Note, Found: name + " = ABORT_SERVER: a member that has to leave the group shuts down.",
			Advice: "Make sure that something starts it again, or use OFFLINE_MODE."}
	}
	return fine("%s = %s.", name, s.global[name])
}

// checkConsistency looks at whether a read may miss what was acknowledged. Writes cannot: each
// transaction writes to the primary contact of what it changes, so the group refuses one of two
// that conflict.
func (s server) checkConsistency() Finding {
	const name = "group_replication_consistency"
	value := strings.ToUpper(s.global[name])
	several := !s.global.on("group_replication_single_primary_mode")
	switch {
	case several && (value == "EVENTUAL" || value == "BEFORE_ON_PRIMARY_FAILOVER"):
		return Finding{Level: Risk, Found: fmt.Sprintf(
			"%s = %s in a group with several primaries: a process may not see yet what another one was told is stored. "+
				"Conflicting writes are refused and repeated, so no customer is stored twice.", name, value),
			Advice: "Set it to BEFORE, or use one primary."}
	case value == "EVENTUAL":
		return Finding{Level: Risk, Found: name + " = EVENTUAL: a new primary may answer before it has applied all that was acknowledged.",
			Advice: "Set it to BEFORE_ON_PRIMARY_FAILOVER."}
	}
	return fine("%s = %s.", name, value)
}
