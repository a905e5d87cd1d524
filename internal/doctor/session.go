package doctor

import (
	"fmt"
	"strings"
)

// checkSession examines a session as Identikit opens it.
func checkSession(s server, _ Options) []Finding {
	return []Finding{s.checkIsolation(), s.checkBinlogFormat(), s.checkStrict()}
}

func (s server) checkIsolation() Finding {
	name, value := s.session.first("transaction_isolation", "tx_isolation")
	if value != "READ-COMMITTED" {
		return Finding{Level: Wrong, Found: fmt.Sprintf(
			"%s = %s, although Identikit sets READ-COMMITTED: something between them changes it.", name, value),
			Advice: "Connect without the proxy, or configure it to keep the settings of a session."}
	}
	return fine("%s = %s.", name, value)
}

func (s server) checkBinlogFormat() Finding {
	format := strings.ToUpper(s.session["binlog_format"])
	switch {
	case !s.global.on("log_bin") && s.topology() != galera:
		return fine("The binary log is off.")
	case format == "STATEMENT":
		return Finding{Level: Wrong, Found: "binlog_format = STATEMENT: the server refuses every write under READ COMMITTED.",
			Advice: "Set it to ROW."}
	case s.topology() == galera && format != "ROW":
		return Finding{Level: Risk, Found: "binlog_format = " + format + " in a Galera cluster.",
			Advice: "Set it to ROW, the only one that Galera supports."}
	}
	return fine("binlog_format = %s.", format)
}

func (s server) checkStrict() Finding {
	if s.session.has("sql_mode", "STRICT_TRANS_TABLES") || s.session.has("sql_mode", "STRICT_ALL_TABLES") {
		return fine("sql_mode is strict.")
	}
	return Finding{Level: Wrong, Found: "sql_mode is not strict: a value that is too long would be cut and could match another one.",
		Advice: "Add STRICT_TRANS_TABLES to sql_mode on the server, or to DATABASE_URL."}
}

// checkIDs looks at the steps of AUTO_INCREMENT.
func checkIDs(s server, _ Options) []Finding {
	step, offset := s.session["auto_increment_increment"], s.session["auto_increment_offset"]
	if step == "1" && offset == "1" {
		return []Finding{fine("auto_increment_increment = 1.")}
	}
	return []Finding{{Level: Note,
		Found:  fmt.Sprintf("auto_increment_increment = %s, auto_increment_offset = %s: ids have gaps, which is harmless.", step, offset),
		Advice: "Leave it if several servers accept writes."}}
}
