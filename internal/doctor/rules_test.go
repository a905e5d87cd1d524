package doctor

import (
	"errors"
	"maps"
	"strings"
	"testing"
	"time"
)

// healthy is a server without risks, as made up as all servers of this file.
func healthy() server {
	return server{
		address: "a:3306",
		global: settings{
			"version": "8.4.3", "read_only": "OFF", "super_read_only": "OFF", "log_bin": "ON", "sync_binlog": "1",
			"innodb_flush_log_at_trx_commit": "1", "innodb_doublewrite": "ON", "innodb_flush_method": "O_DIRECT",
			"max_connections": "151", "innodb_buffer_pool_size": "1073741824", "server_uuid": "u1",
		},
		session: settings{
			"transaction_isolation": "READ-COMMITTED", "binlog_format": "ROW", "sql_mode": "NO_ZERO_DATE,STRICT_TRANS_TABLES",
			"auto_increment_increment": "1", "auto_increment_offset": "1", "max_allowed_packet": "67108864", "max_user_connections": "0",
		},
		status:   settings{"threads_connected": "22"},
		columns:  fact[[]column]{value: []column{{"contacts", "email", "utf8mb4_bin"}, {"blocks", "reason", "utf8mb4_bin"}}},
		grants:   fact[[]string]{value: []string{"GRANT ALL PRIVILEGES ON `shop`.* TO `ann`@`%`"}},
		database: "shop",
	}
}

// inGroup is a member of a healthy group.
func inGroup() server {
	s := healthy()
	maps.Copy(s.global, settings{
		"group_replication_group_name": "g", "group_replication_single_primary_mode": "ON",
		"group_replication_unreachable_majority_timeout": "5", "group_replication_member_expel_timeout": "5",
		"group_replication_exit_state_action": "OFFLINE_MODE", "group_replication_consistency": "BEFORE_ON_PRIMARY_FAILOVER",
	})
	s.members.value = []member{
		{"u1", "a:3306", "ONLINE", "PRIMARY"}, {"u2", "b:3306", "ONLINE", "SECONDARY"}, {"u3", "c:3306", "ONLINE", "SECONDARY"},
	}
	return s
}

// inGalera is a node of a healthy cluster.
func inGalera() server {
	s := healthy()
	maps.Copy(s.global, settings{"version": "10.11.9-MariaDB", "wsrep_on": "ON", "wsrep_sync_wait": "1"})
	maps.Copy(s.status, settings{
		"wsrep_ready": "ON", "wsrep_cluster_status": "Primary", "wsrep_local_state_comment": "Synced", "wsrep_cluster_size": "3",
		"wsrep_cluster_state_uuid": "c1",
	})
	return s
}

// Fails when a healthy deployment is called risky: scripts would be stopped, and people learn to
// ignore it.
func TestHealthyIsOK(t *testing.T) {
	t.Parallel()
	standby := inGroup()
	standby.address, standby.global["server_uuid"], standby.global["super_read_only"] = "b:3306", "u2", "ON"
	for name, servers := range map[string][]server{
		"single": {healthy()}, "group": {inGroup(), standby}, "galera": {inGalera()},
	} {
		for _, f := range examine(servers, Options{Connections: 21}) {
			if f.Level > Note || f.Level == Note && f.Check != "writes" || f.Level == OK && f.Advice != "" {
				t.Errorf("%s: %s %s: %s %s", name, f.Level, f.Check, f.Found, f.Advice)
			}
		}
	}
}

// Fails when a rule misses its case, gives it another level, or gives no advice.
func TestRules(t *testing.T) { //nolint:maintidx // a table
	t.Parallel()
	denied := errors.New("denied")
	for name, test := range map[string]struct {
		of          func() server
		spoil       func(*server)
		level       Level
		check, want string // want is a part of what was found
	}{
		"MySQL 5.7":        {healthy, func(s *server) { s.global["version"] = "5.7.44-log" }, Wrong, "version", "MySQL 5.7.44 is too old"},
		"MariaDB 10.5":     {healthy, func(s *server) { s.global["version"] = "10.5.2-MariaDB" }, Wrong, "version", "MariaDB 10.5.2 is too old"},
		"MariaDB 11.4":     {healthy, func(s *server) { s.global["version"] = "11.4.1-MariaDB-log" }, OK, "version", "MariaDB 11.4.1 is supported"},
		"TiDB":             {healthy, func(s *server) { s.global["version"] = "8.0.11-TiDB-v8.5.0" }, Risk, "version", "TiDB v8.5.0 is not tested"},
		"migration":        {healthy, func(s *server) { s.pending.value = true }, Wrong, "schema", "missing"},
		"migration denied": {healthy, func(s *server) { s.pending.err = denied }, Wrong, "schema", "cannot be read"},

		"flush 2":          {healthy, func(s *server) { s.global["innodb_flush_log_at_trx_commit"] = "2" }, Risk, "durability", "power failure"},
		"flush 0":          {healthy, func(s *server) { s.global["innodb_flush_log_at_trx_commit"] = "0" }, Risk, "durability", "a crash loses"},
		"flush 2, galera":  {inGalera, func(s *server) { s.global["innodb_flush_log_at_trx_commit"] = "2" }, Risk, "durability", "if all nodes fail"},
		"flush 2, group":   {inGroup, func(s *server) { s.global["innodb_flush_log_at_trx_commit"] = "2" }, Risk, "durability", "if the majority fails"},
		"sync_binlog":      {healthy, func(s *server) { s.global["sync_binlog"] = "0" }, Risk, "durability", "sync_binlog = 0"},
		"doublewrite":      {healthy, func(s *server) { s.global["innodb_doublewrite"] = "OFF" }, Risk, "durability", "innodb_doublewrite = OFF"},
		"nosync":           {healthy, func(s *server) { s.global["innodb_flush_method"] = "nosync" }, Risk, "durability", "nosync"},
		"isolation":        {healthy, func(s *server) { s.session["transaction_isolation"] = "REPEATABLE-READ" }, Wrong, "session", "REPEATABLE-READ"},
		"statements":       {healthy, func(s *server) { s.session["binlog_format"] = "STATEMENT" }, Wrong, "session", "STATEMENT"},
		"statements, none": {healthy, func(s *server) { s.global["log_bin"], s.session["binlog_format"] = "OFF", "STATEMENT" }, OK, "session", "log is off"},
		"mixed in galera":  {inGalera, func(s *server) { s.session["binlog_format"] = "MIXED" }, Risk, "session", "MIXED"},
		"not strict":       {healthy, func(s *server) { s.session["sql_mode"] = "NO_ZERO_DATE" }, Wrong, "session", "not strict"},
		"ids":              {healthy, func(s *server) { s.session["auto_increment_increment"] = "7" }, Note, "ids", "= 7"},
		"e-mails alike":    {healthy, func(s *server) { s.columns.value[0].collation = "utf8mb4_0900_ai_ci" }, Wrong, "collation", "contacts.email is utf8mb4_0900_ai_ci"},
		"half of Unicode":  {healthy, func(s *server) { s.columns.value[0].collation = "utf8mb3_bin" }, Wrong, "collation", "utf8mb3_bin"},
		"another column":   {healthy, func(s *server) { s.columns.value[1].collation = "utf8mb4_general_ci" }, Note, "collation", "blocks.reason"},
		"too few":          {healthy, func(s *server) { s.global["max_connections"] = "20" }, Wrong, "connections", "max_connections = 20"},
		"almost full":      {healthy, func(s *server) { s.status["threads_connected"] = "131" }, Risk, "connections", "131 are open"},
		"account's limit":  {healthy, func(s *server) { s.session["max_user_connections"] = "10" }, Wrong, "connections", "may have 10"},
		"packet":           {healthy, func(s *server) { s.session["max_allowed_packet"] = "1048576" }, Risk, "packet", "1 MiB"},
		"memory":           {healthy, func(s *server) { s.size.value = 40 << 30 }, Note, "memory", "40 GiB"},
		"clock behind":     {healthy, func(s *server) { s.clock = clock{-2500 * time.Millisecond, time.Millisecond} }, Risk, "clock", "2.5s behind"},
		"clock ahead":      {healthy, func(s *server) { s.clock = clock{time.Hour, time.Second} }, Risk, "clock", "1h0m0s ahead of"},
		"slow answer":      {healthy, func(s *server) { s.clock = clock{2 * time.Second, 1500 * time.Millisecond} }, OK, "clock", "agrees"},
		"read-only":        {healthy, func(s *server) { s.global["read_only"] = "ON" }, Wrong, "writes", "read_only = ON"},
		"MariaDB 12":       {healthy, func(s *server) { s.global["read_only"] = "NO_LOCK" }, Wrong, "writes", "NO_LOCK"},
		"secondary":        {inGroup, func(s *server) { s.members.value[0].role = "SECONDARY" }, Wrong, "writes", "ONLINE SECONDARY"},
		"in error":         {inGroup, func(s *server) { s.members.value[0].state = "ERROR" }, Wrong, "writes", "ERROR PRIMARY"},
		"no member":        {inGroup, func(s *server) { s.global["server_uuid"] = "u9" }, Wrong, "writes", "not a member"},
		"minority":         {inGroup, func(s *server) { s.members.value[1].state, s.members.value[2].state = "UNREACHABLE", "UNREACHABLE" }, Wrong, "writes", "majority"},
		"half of four": {inGroup, func(s *server) {
			s.members.value = append(s.members.value, member{"u4", "d:3306", "UNREACHABLE", ""})
			s.members.value[1].state = "UNREACHABLE"
		}, Wrong, "writes", "majority"},
		"several, eventual": {inGroup, func(s *server) {
			s.global["group_replication_single_primary_mode"], s.global["group_replication_consistency"] = "OFF", "EVENTUAL"
		}, Risk, "group", "several primaries"},
		"lost member":       {inGroup, func(s *server) { s.members.value[2].state = "UNREACHABLE" }, Risk, "group", "1 of 3 members are not online"},
		"two members":       {inGroup, func(s *server) { s.members.value = s.members.value[:2] }, Risk, "group", "has 2 members"},
		"stopped":           {inGroup, func(s *server) { s.members.value = nil }, Risk, "group", "not in its group"},
		"members denied":    {inGroup, func(s *server) { s.members = fact[[]member]{err: denied} }, Risk, "group", "cannot be read"},
		"waits for ever":    {inGroup, func(s *server) { s.global["group_replication_unreachable_majority_timeout"] = "0" }, Risk, "group", "majority_timeout = 0"},
		"slow expel":        {inGroup, func(s *server) { s.global["group_replication_member_expel_timeout"] = "300" }, Risk, "group", "305 s"},
		"shuts down":        {inGroup, func(s *server) { s.global["group_replication_exit_state_action"] = "ABORT_SERVER" }, Note, "group", "ABORT_SERVER"},
		"eventual":          {inGroup, func(s *server) { s.global["group_replication_consistency"] = "EVENTUAL" }, Risk, "group", "EVENTUAL"},
		"several primaries": {inGroup, func(s *server) { s.global["group_replication_single_primary_mode"] = "OFF" }, Risk, "group", "several primaries"},
		"not ready":         {inGalera, func(s *server) { s.status["wsrep_ready"] = "OFF" }, Wrong, "writes", "wsrep_ready = OFF"},
		"split":             {inGalera, func(s *server) { s.status["wsrep_cluster_status"] = "non-Primary" }, Wrong, "galera", "non-Primary"},
		"donor":             {inGalera, func(s *server) { s.status["wsrep_local_state_comment"] = "Donor/Desynced" }, Risk, "galera", "Donor"},
		"two nodes":         {inGalera, func(s *server) { s.status["wsrep_cluster_size"] = "2" }, Risk, "galera", "two nodes"},
		"one node":          {inGalera, func(s *server) { s.status["wsrep_cluster_size"] = "1" }, Risk, "galera", "one node"},
		"reads do not wait": {inGalera, func(s *server) { s.global["wsrep_sync_wait"] = "6" }, Risk, "galera", "wsrep_sync_wait = 6"},
		"replica":           {healthy, func(s *server) { s.sources.value = []source{{"p:3306", true, "0"}} }, Risk, "replication", "accepts writes"},
		"broken replica":    {healthy, func(s *server) { s.sources.value = []source{{"p:3306", false, ""}} }, Risk, "replication", "does not run"},
		"late replica":      {healthy, func(s *server) { s.sources.value = []source{{"p:3306", true, "60"}} }, Risk, "replication", "60 s behind"},
		"replica denied":    {healthy, func(s *server) { s.sources.err = denied }, Note, "replication", "cannot be read"},
		"grants denied":     {healthy, func(s *server) { s.grants.err = denied }, Note, "privileges", "cannot be read"},
		"unreachable":       {healthy, func(s *server) { s.err = denied }, Wrong, "answers", "cannot be examined"},
	} {
		s := test.of()
		test.spoil(&s)
		found := false
		all := examine([]server{s}, Options{Connections: 21})
		for _, f := range all {
			found = found || f.Check == test.check && f.Level == test.level && strings.Contains(f.Found, test.want) &&
				(f.Advice != "" || f.Level == OK)
		}
		if !found {
			t.Errorf("%s: want %s %s with %q in\n%+v", name, test.level, test.check, test.want, all)
		}
	}
}

// Fails when several servers are not compared with each other.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	other := func(of func() server, change func(*server)) server {
		s := of()
		s.address, s.global["server_uuid"] = "b:3306", "u2"
		change(&s)
		return s
	}
	several := func(s *server) { s.global["group_replication_single_primary_mode"] = "OFF" }
	first := inGroup()
	several(&first)
	for name, test := range map[string]struct {
		servers     []server
		level       Level
		check, want string
		about       string // the servers of the finding
	}{
		"one is down": {[]server{healthy(), other(healthy, func(s *server) { s.err = errors.New("down") })},
			Risk, "answers", "cannot be examined", "b:3306"},
		"a standby": {[]server{healthy(), other(healthy, func(s *server) { s.global["read_only"] = "ON" })},
			Note, "writes", "read_only", "b:3306"},
		"two independent": {[]server{healthy(), other(healthy, func(*server) {})},
			Wrong, "writes", "Several servers accept writes", "a:3306 b:3306"},
		"split brain": {[]server{inGroup(), other(inGroup, func(s *server) { s.members.value[1].role = "PRIMARY" })},
			Wrong, "writes", "Several servers accept writes", "a:3306 b:3306"},
		"several primaries": {[]server{first, other(inGroup, func(s *server) { several(s); s.members.value[1].role = "PRIMARY" })},
			OK, "writes", "accepts writes", "a:3306 b:3306"},
		"galera": {[]server{inGalera(), other(inGalera, func(*server) {})}, OK, "writes", "accepts writes", "a:3306 b:3306"},
		"two clusters": {[]server{inGalera(), other(inGalera, func(s *server) { s.status["wsrep_cluster_state_uuid"] = "c2" })},
			Wrong, "writes", "Several servers accept writes", "a:3306 b:3306"},
		"clocks": {[]server{healthy(), other(healthy, func(s *server) { s.clock.ahead = 1500 * time.Millisecond })},
			Risk, "clock", "differ by 1.5s", "a:3306 b:3306"},
		"asynchronous": {[]server{healthy(), other(healthy, func(s *server) { s.global["read_only"] = "ON" })},
			Risk, "replication", "asynchronous", "a:3306"},
		"one setting differs": {[]server{healthy(), other(healthy, func(s *server) { s.global["sync_binlog"] = "0" })},
			Risk, "durability", "sync_binlog = 0", "b:3306"},
		"the same": {[]server{healthy(), other(healthy, func(*server) {})}, OK, "version", "supported", "a:3306 b:3306"},
	} {
		found := false
		all := examine(test.servers, Options{})
		for _, f := range all {
			found = found || f.Check == test.check && f.Level == test.level && strings.Contains(f.Found, test.want) &&
				strings.Join(f.Servers, " ") == test.about
		}
		if !found {
			t.Errorf("%s: want %s %s with %q about %s in\n%+v", name, test.level, test.check, test.want, test.about, all)
		}
	}
	for _, f := range examine([]server{inGalera(), other(inGalera, func(*server) {})}, Options{}) {
		if f.Level == Wrong {
			t.Errorf("two nodes of one cluster: %+v", f)
		}
	}
}

// Fails when privileges are misread.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	for grants, want := range map[string]Level{
		"GRANT ALL PRIVILEGES ON *.* TO `r`@`localhost` WITH GRANT OPTION":                               OK,
		"GRANT ALL PRIVILEGES ON `shop`.* TO `a`@`%` REQUIRE SSL":                                        OK,
		"GRANT ALL PRIVILEGES ON `sh%`.* TO `a`@`%`":                                                     OK,
		"GRANT ALL PRIVILEGES ON `sh_p`.* TO `a`@`%`":                                                    OK,
		"GRANT ALL PRIVILEGES ON `sh\\_p`.* TO `a`@`%`":                                                  Wrong,
		"GRANT ALL PRIVILEGES ON `other`.* TO `a`@`%`":                                                   Wrong,
		"GRANT USAGE ON *.* TO `a`@`%`\nGRANT SELECT, INSERT, UPDATE, DELETE ON `shop`.* TO `a`@`%`":     Note,
		"GRANT SELECT, INSERT, UPDATE ON `shop`.* TO `a`@`%`":                                            Wrong,
		"GRANT SELECT ON *.* TO `a`@`%`\nGRANT INSERT, UPDATE, DELETE ON `shop`.* TO `a`@`%`":            Note,
		"GRANT USAGE ON *.* TO `a`@`%`\nGRANT `role`@`%` TO `a`@`%`":                                     Wrong,
		"GRANT ALL PRIVILEGES ON `shop`.`contacts` TO `a`@`%`":                                           Note,
		"GRANT ALL PRIVILEGES ON *.* TO `a`@`%`\nREVOKE INSERT ON `shop`.* FROM `a`@`%`":                 Wrong,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO `a`@`%`\nREVOKE DELETE ON `shop`.* FROM `a`@`%`": Wrong,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON *.* TO `a`@`%`\nREVOKE DELETE ON `b`.* FROM `a`@`%`":    Note,
	} {
		s := healthy()
		s.grants.value = strings.Split(grants, "\n")
		if got := checkPrivileges(s, Options{}); len(got) != 1 || got[0].Level != want {
			t.Errorf("%s: got %+v, want %s", grants, got, want)
		}
	}
}
