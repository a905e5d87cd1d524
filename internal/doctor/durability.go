package doctor

import "strings"

// checkDurability looks at whether what is acknowledged is on disk.
func checkDurability(s server, _ Options) []Finding {
	if engine, _ := s.engine(); engine == "TiDB" {
		return nil // it has variables of these names without a meaning
	}
	all := []Finding{s.checkFlush()}
	if s.global.on("log_bin") {
		all = append(all, s.checkBinaryLog())
	}
	if value := strings.ToUpper(s.global["innodb_doublewrite"]); value == "OFF" || value == "0" || value == "DETECT_ONLY" {
		all = append(all, Finding{Level: Risk,
			Found:  "innodb_doublewrite = " + value + ": a page that was half written in a crash cannot be repaired.",
			Advice: "Set it to ON, unless the file system writes whole pages."})
	} else {
		all = append(all, fine("innodb_doublewrite = %s.", value))
	}
	if strings.EqualFold(s.global["innodb_flush_method"], "nosync") {
		all = append(all, Finding{Level: Risk, Found: "innodb_flush_method = nosync: nothing waits for the disk.",
			Advice: "Remove the setting; nosync is for tests."})
	}
	return all
}

func (s server) checkFlush() Finding {
	const name = "innodb_flush_log_at_trx_commit"
	switch value := s.global[name]; value {
	case "1", "3":
		return fine("%s = %s: a commit is on disk before it is acknowledged.", name, value)
	case "2":
		return Finding{Level: Risk, Found: name + " = 2: a power failure loses the last second of what was acknowledged" + s.copies() + ".",
			Advice: "Set it to 1."}
	default:
		return Finding{Level: Risk, Found: name + " = " + value + ": a crash loses the last second of what was acknowledged" + s.copies() + ".",
			Advice: "Set it to 1."}
	}
}

func (s server) checkBinaryLog() Finding {
	value := s.global["sync_binlog"]
	if value == "1" {
		return fine("sync_binlog = 1: a commit is in the binary log on disk before it is acknowledged.")
	}
	return Finding{Level: Risk, Found: "sync_binlog = " + value +
		": after a power failure the binary log may lack acknowledged commits, and recovery may undo them" + s.copies() + ".",
		Advice: "Set it to 1."}
}

// copies says what a cluster adds to a server that acknowledges before the disk has it.
func (s server) copies() string {
	switch s.topology() {
	case galera:
		return ", if all nodes fail at once: the others have it, but only in memory"
	case group:
		return ", if the majority fails at once: the others have received it, but may not have written it"
	}
	return ""
}
