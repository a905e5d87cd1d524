package mysqltest

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// planLine is a line of EXPLAIN FORMAT=TRADITIONAL.
type planLine struct {
	selectType, table, access, key string // "" for NULL
	rows                           uint64 // that the server expects to read; 0 for NULL
	text                           string // the whole line, for messages
}

// parsePlanLine reads a line of MySQL or MariaDB.
func parsePlanLine(columns []string, fields []sql.NullString) (planLine, error) {
	byName, text := map[string]string{}, make([]string, len(columns))
	for i, name := range columns {
		byName[name] = fields[i].String
		text[i] = name + "=" + fields[i].String
	}
	line := planLine{
		selectType: byName["select_type"], table: byName["table"], access: byName["type"], key: byName["key"],
		text: strings.Join(text, " "),
	}
	for _, name := range []string{"select_type", "table", "type", "key", "rows"} {
		if _, ok := byName[name]; !ok {
			return planLine{}, fmt.Errorf("a line of the plan has no column %q: %s", name, line.text)
		}
	}
	// MariaDB adds the share that passes a row ID filter: "12 (3%)".
	rows, _, _ := strings.Cut(byName["rows"], " ")
	if rows == "" {
		return line, nil
	}
	var err error
	if line.rows, err = strconv.ParseUint(rows, 10, 64); err != nil {
		return planLine{}, fmt.Errorf("the rows of a line of the plan are not a number: %s", line.text)
	}
	return line, nil
}

// readsTable reports whether the line reads a stored table. Others combine the results of other
// lines (<union1,2>), name the table that an INSERT writes to, or found out that there is nothing
// to read.
func (l planLine) readsTable() bool {
	return l.table != "" && !strings.HasPrefix(l.table, "<") && l.selectType != "INSERT" && l.selectType != "REPLACE"
}

// readsAll reports whether the line reads a whole table or a whole index. MariaDB writes hash_ALL
// for a hash join and ALL|filter where a row ID filter applies.
func (l planLine) readsAll() bool {
	access, _, _ := strings.Cut(strings.TrimPrefix(l.access, "hash_"), "|")
	return access == "ALL" || access == "index"
}
