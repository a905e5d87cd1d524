package mysqltest

import (
	"database/sql"
	"testing"
)

// Lines as the servers write them. The test fails if one of them cannot be read, or is taken for
// another way to read.
func TestParsePlanLine(t *testing.T) {
	t.Parallel()
	columns := []string{"id", "select_type", "table", "type", "key", "rows", "Extra"}
	const null = "NULL"
	for _, test := range []struct {
		name                        string
		fields                      [7]string
		key                         string
		rows                        uint64
		readsTable, readsAll, fails bool
	}{
		{name: "index", fields: [7]string{"1", "SIMPLE", "contacts", "ref", "contacts_email", "3", ""}, key: "contacts_email", rows: 3, readsTable: true},
		{name: "MySQL, no row", fields: [7]string{"1", "SIMPLE", null, null, null, null, "no matching row in const table"}},
		{name: "MySQL, union", fields: [7]string{null, "UNION RESULT", "<union1,2>", "ALL", null, null, "Using temporary"}, readsAll: true},
		{name: "insert", fields: [7]string{"1", "INSERT", "contacts", "ALL", null, null, null}, readsAll: true},
		{name: "MySQL, scan", fields: [7]string{"1", "SIMPLE", "contacts", "ALL", null, "9", ""}, rows: 9, readsTable: true, readsAll: true},
		{name: "index scan", fields: [7]string{"1", "SIMPLE", "contacts", "index", "PRIMARY", "9", ""}, key: "PRIMARY", rows: 9, readsTable: true, readsAll: true},
		{name: "index merge", fields: [7]string{"1", "SIMPLE", "contacts", "index_merge", "a,b", "9", ""}, key: "a,b", rows: 9, readsTable: true},
		{name: "rows unknown", fields: [7]string{"1", "SIMPLE", "contacts", "const", "PRIMARY", null, ""}, key: "PRIMARY", readsTable: true},
		{name: "MariaDB, filter", fields: [7]string{"1", "SIMPLE", "contacts", "range|filter", "a|b", "12 (3%)", ""}, key: "a|b", rows: 12, readsTable: true},
		{name: "MariaDB, hash", fields: [7]string{"1", "SIMPLE", "contacts", "hash_ALL", "#hash#$hj", "9", ""}, key: "#hash#$hj", rows: 9, readsTable: true, readsAll: true},
		{name: "no number", fields: [7]string{"1", "SIMPLE", "contacts", "ref", "a", "many", ""}, fails: true},
	} {
		fields := make([]sql.NullString, len(columns))
		for i, text := range test.fields {
			if text != null {
				fields[i] = sql.NullString{String: text, Valid: true}
			}
		}
		got, err := parsePlanLine(columns, fields)
		if (err != nil) != test.fails {
			t.Errorf("%s: got error %v", test.name, err)
			continue
		}
		if got.key != test.key || got.rows != test.rows || got.readsTable() != test.readsTable || got.readsAll() != test.readsAll {
			t.Errorf("%s: got %+v, reads a table %t, reads all %t", test.name, got, got.readsTable(), got.readsAll())
		}
	}
	if _, err := parsePlanLine([]string{"EXPLAIN"}, make([]sql.NullString, 1)); err == nil {
		t.Error("a plan of another format was accepted")
	}
}
