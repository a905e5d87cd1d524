package mysql

// reaction is what an error number of the server means for the work that met it.
type reaction int

const (
	fail      reaction = iota // a defect: the same work fails again
	again                     // it lost a race and was rolled back: run it again
	elsewhere                 // this server cannot do it any more: drop its connections, and run it again
	later                     // the server is starting, stopping or full: tell the caller to come back
	configure                 // somebody must change a setting
)

// The numbers that the code names. reactionTo has all numbers, with their symbols.
const (
	errNodeNotReady        = 1047
	errDuplicateEntry      = 1062
	errUnknown             = 1105
	errNoSuchTable         = 1146
	errErrorDuringCommit   = 1180
	errLockWaitTimeout     = 1205
	errDeadlock            = 1213
	errNotSupportedYet     = 1235
	errOptionPrevents      = 1290
	errNoSuchFunction      = 1305
	errReadOnlyTransaction = 1792
	errReadOnlyMode        = 1836
	errHookFailed          = 3100
	errLockNowait          = 3572 // MariaDB uses errLockWaitTimeout instead
	errBeginNotAllowed     = 3799
)

// reactionTo is the one table of the server's error numbers. The symbols are those of the error reference of
// MySQL 9.7, and of MariaDB 10.11 where it says so; TiDB's numbers are those of its page "Error Codes and
// Troubleshooting". TestReactions provokes each on a real server, or unreachable says why no test does.
func reactionTo(number uint16) reaction {
	switch number {
	case errDuplicateEntry, // ER_DUP_ENTRY: another transaction inserted the value first
		errLockWaitTimeout,   // ER_LOCK_WAIT_TIMEOUT
		errDeadlock,          // ER_LOCK_DEADLOCK, and what Galera's certification answers
		errLockNowait,        // ER_LOCK_NOWAIT
		errErrorDuringCommit, // ER_ERROR_DURING_COMMIT: certification failed
		3101,                 // ER_TRANSACTION_ROLLBACK_DURING_COMMIT: Group Replication's certification failed
		// TiDB: write conflict after FOR UPDATE, write conflict, commit failed, schema changed, write conflict.
		8002, 8005, 8022, 8028, 9007:
		return again
	case errNodeNotReady, // ER_UNKNOWN_COM_ERROR: a Galera node that is not part of the cluster
		1053,                   // ER_SERVER_SHUTDOWN
		errOptionPrevents,      // ER_OPTION_PREVENTS_STATEMENT: read_only or super_read_only
		errReadOnlyTransaction, // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
		errReadOnlyMode,        // ER_READ_ONLY_MODE
		1927,                   // MariaDB: ER_CONNECTION_KILLED
		3032,                   // ER_SERVER_OFFLINE_MODE
		errHookFailed,          // ER_RUN_HOOK_ERROR: the group has no quorum, or the node left it
		3169,                   // ER_SESSION_WAS_KILLED
		3796, 3797, 3798,       // ER_GRP_TRX_CONSISTENCY_…: the node is not online in its group
		errBeginNotAllowed, // ER_GRP_TRX_CONSISTENCY_BEGIN_NOT_ALLOWED: the node is leaving its group
		4031:               // ER_CLIENT_INTERACTION_TIMEOUT
		return elsewhere
	case 1040, // ER_CON_COUNT_ERROR: too many connections
		1114,                   // ER_RECORD_FILE_FULL: table or disk full
		1129,                   // ER_HOST_IS_BLOCKED
		1152,                   // ER_ABORTING_CONNECTION
		1158, 1159, 1160, 1161, // ER_NET_…: packets lost
		1203,                         // ER_TOO_MANY_USER_CONNECTIONS
		1226,                         // ER_USER_LIMIT_REACHED
		1317,                         // ER_QUERY_INTERRUPTED
		1969,                         // MariaDB: ER_STATEMENT_TIMEOUT
		3024,                         // ER_QUERY_TIMEOUT
		3168,                         // ER_SERVER_ISNT_AVAILABLE
		9001, 9002, 9003, 9004, 9005: // TiDB: PD or TiKV timed out or is busy, a lock is unresolved, no region
		return later
	case 1044, 1045, // ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR
		1049,           // ER_BAD_DB_ERROR
		errNoSuchTable, // ER_NO_SUCH_TABLE: the schema is not current
		3098:           // ER_BEFORE_DML_VALIDATION_ERROR: Group Replication refuses a table or an isolation level
		return configure
	}
	return fail
}
