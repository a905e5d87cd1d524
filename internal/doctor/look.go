package doctor

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/identikit/identikit/db"
	"github.com/identikit/identikit/internal/mysql"
)

// patience limits the look at one server.
const patience = 30 * time.Second

// look reads everything about one server.
func look(ctx context.Context, c mysql.Config) server {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s := server{address: c.Addresses()}
	pool, err := mysql.Open(c, 1)
	if err != nil {
		s.err = err
		return s
	}
	defer pool.Close() //nolint:errcheck // it was only read
	if s.err = s.lookAtVariables(ctx, pool); s.err != nil {
		return s
	}
	s.pending.value, s.pending.err = db.Pending(ctx, pool)
	s.grants.value, s.grants.err = readGrants(ctx, pool)
	s.columns.value, s.columns.err = readColumns(ctx, pool)
	s.size.value, s.size.err = readSize(ctx, pool)
	s.members.value, s.members.err = readMembers(ctx, pool, s.global)
	s.sources.value, s.sources.err = readSources(ctx, pool)
	return s
}

func (s *server) lookAtVariables(ctx context.Context, pool *sql.DB) (err error) {
	for statement, to := range map[string]*settings{
		"SHOW GLOBAL VARIABLES": &s.global, "SHOW SESSION VARIABLES": &s.session, "SHOW GLOBAL STATUS": &s.status,
	} {
		rows, err := read(ctx, pool, statement)
		if err != nil {
			return err
		}
		*to = settings{}
		for _, r := range rows {
			(*to)[strings.ToLower(r["variable_name"])] = r["value"]
		}
	}
	if s.clock, err = readClock(ctx, pool); err != nil {
		return err
	}
	return pool.QueryRowContext(ctx, "SELECT DATABASE()").Scan(&s.database)
}

// readClock asks for the time three times and keeps the quickest answer, which is the most exact.
func readClock(ctx context.Context, pool *sql.DB) (clock, error) {
	var best clock
	for i := range 3 {
		asked := time.Now()
		var now time.Time
		if err := pool.QueryRowContext(ctx, "SELECT UTC_TIMESTAMP(6)").Scan(&now); err != nil {
			return clock{}, err
		}
		half := time.Since(asked) / 2
		if i == 0 || half < best.within {
			best = clock{now.Sub(asked.Add(half)), half}
		}
	}
	return best, nil
}

// readGrants returns the lines of SHOW GRANTS, with those of active roles.
func readGrants(ctx context.Context, pool *sql.DB) ([]string, error) {
	var roles sql.NullString
	if err := pool.QueryRowContext(ctx, "SELECT CURRENT_ROLE()").Scan(&roles); err != nil {
		return nil, err
	}
	statements := []string{"SHOW GRANTS"}
	switch {
	case strings.HasPrefix(roles.String, "`"): // MySQL, which quotes them
		statements[0] += " FOR CURRENT_USER() USING " + roles.String
	case roles.Valid && roles.String != "NONE": // MariaDB, which has one at a time
		statements = append(statements, "SHOW GRANTS FOR CURRENT_ROLE")
	}
	var grants []string
	for _, statement := range statements {
		rows, err := read(ctx, pool, statement)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			for _, grant := range r { // the one column is named after the account
				grants = append(grants, grant)
			}
		}
	}
	return grants, nil
}

// ours lists the tables that the migrations create.
const ours = `('contacts', 'observations', 'separations', 'refusals', 'blocks', 'suppressions', 'suppression_digests',
	'erasures', 'change_sets', 'history', 'event_feed', 'heartbeats', 'api_keys', 'api_key_version', 'idempotency_keys',
	'sessions', 'retractions', 'outcome_minutes', 'survey')`

func readColumns(ctx context.Context, pool *sql.DB) ([]column, error) {
	rows, err := read(ctx, pool, `SELECT table_name AS t, column_name AS c, collation_name AS l
		FROM information_schema.columns
		WHERE table_schema = DATABASE() AND table_name IN `+ours+` AND collation_name IS NOT NULL
		ORDER BY table_name, ordinal_position`)
	var columns []column
	for _, r := range rows {
		columns = append(columns, column{r["t"], r["c"], r["l"]})
	}
	return columns, err
}

func readSize(ctx context.Context, pool *sql.DB) (uint64, error) {
	var size uint64
	err := pool.QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(data_length + index_length), 0) AS UNSIGNED)
		FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_name IN `+ours).Scan(&size)
	return size, err
}

// readMembers returns the members of the server's group, none if it is not meant to be in one.
func readMembers(ctx context.Context, pool *sql.DB, global settings) ([]member, error) {
	if global["group_replication_group_name"] == "" {
		return nil, nil
	}
	rows, err := read(ctx, pool, `SELECT member_id AS id, CONCAT(member_host, ':', member_port) AS address,
			member_state AS state, member_role AS role
		FROM performance_schema.replication_group_members
		WHERE member_state <> 'OFFLINE'
		ORDER BY member_host, member_port`)
	var members []member
	for _, r := range rows {
		members = append(members, member{r["id"], r["address"], r["state"], r["role"]})
	}
	return members, err
}

// readSources returns the servers that this one replicates from, without the channels of its group.
func readSources(ctx context.Context, pool *sql.DB) ([]source, error) {
	rows, err := read(ctx, pool, "SHOW REPLICA STATUS")
	if err != nil { // MySQL before 8.0.22 does not know it
		if older, tried := read(ctx, pool, "SHOW SLAVE STATUS"); tried == nil {
			rows, err = older, nil
		}
	}
	var sources []source
	for _, r := range rows {
		if strings.HasPrefix(r["channel_name"], "group_replication_") {
			continue
		}
		row := settings(r)
		_, host := row.first("source_host", "master_host")
		_, port := row.first("source_port", "master_port")
		_, receives := row.first("replica_io_running", "slave_io_running")
		_, applies := row.first("replica_sql_running", "slave_sql_running")
		_, lag := row.first("seconds_behind_source", "seconds_behind_master")
		sources = append(sources, source{host + ":" + port, receives == "Yes" && applies == "Yes", lag})
	}
	return sources, err
}

// read returns the rows of a statement, each as its values by the columns' names in lower case.
// NULL is "".
func read(ctx context.Context, pool *sql.DB, statement string) ([]map[string]string, error) {
	rows, err := pool.QueryContext(ctx, statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err reports what Close would
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	values, targets := make([]sql.NullString, len(names)), make([]any, len(names))
	for i := range values {
		targets[i] = &values[i]
	}
	var all []map[string]string
	for rows.Next() {
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		row := make(map[string]string, len(names))
		for i, name := range names {
			row[strings.ToLower(name)] = values[i].String
		}
		all = append(all, row)
	}
	return all, rows.Err()
}
