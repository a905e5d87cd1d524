package doctor

import "fmt"

// checkGalera examines a node of a Galera cluster.
func checkGalera(s server, _ Options) []Finding {
	if s.topology() != galera {
		return nil
	}
	all := []Finding{s.checkNode(), s.checkNodes()}
	if s.status.number("wsrep_cluster_size") > 1 {
		all = append(all, s.checkSyncWait())
	}
	return all
}

func (s server) checkNode() Finding {
	status, state := s.status["wsrep_cluster_status"], s.status["wsrep_local_state_comment"]
	switch {
	case status != "Primary" || !s.status.on("wsrep_ready"):
		return Finding{Level: Wrong, Found: fmt.Sprintf(
			"The node is not part of the cluster's majority: wsrep_cluster_status = %s, wsrep_ready = %s.",
			status, s.status["wsrep_ready"]),
			Advice: "Restore the connection to the other nodes; bootstrap the cluster anew only if all nodes are down."}
	case state != "Synced":
		return Finding{Level: Risk, Found: fmt.Sprintf("The node is not in step with the others: wsrep_local_state_comment = %s.", state),
			Advice: "Wait until it is Synced, or point DATABASE_URL at other nodes meanwhile."}
	}
	return fine("The node is ready: wsrep_ready = ON, wsrep_cluster_status = Primary.")
}

func (s server) checkNodes() Finding {
	switch n := s.status.number("wsrep_cluster_size"); {
	case n <= 1:
		return Finding{Level: Risk, Found: "The cluster has one node: no other can take over.",
			Advice: "Run three nodes, or two and an arbitrator (garbd)."}
	case n < quorum:
		return Finding{Level: Risk, Found: "The cluster has two nodes: if one crashes, the other stops.",
			Advice: "Run three nodes, or two and an arbitrator (garbd)."}
	default:
		return fine("The cluster has %d nodes.", n)
	}
}

// checkSyncWait looks at whether a read may miss what was acknowledged by another node. Writes
// cannot: each transaction writes to the primary contact of what it changes, so certification
// refuses one of two that conflict.
func (s server) checkSyncWait() Finding {
	const reads = 1 // a bit of wsrep_sync_wait
	if s.global.number("wsrep_sync_wait")&reads == 0 {
		return Finding{Level: Risk, Found: fmt.Sprintf(
			"wsrep_sync_wait = %s: a process may not see yet what another node has acknowledged. "+
				"Conflicting writes are refused and repeated, so no customer is stored twice.", s.global["wsrep_sync_wait"]),
			Advice: "Set wsrep_sync_wait = 1, or let all processes use one node."}
	}
	return fine("wsrep_sync_wait = %s: a read waits for what other nodes have acknowledged.", s.global["wsrep_sync_wait"])
}
