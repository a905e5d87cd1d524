package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// checkCollation looks at how the columns with text compare it. The values that identify people
// must be compared byte by byte.
func checkCollation(s server, _ Options) []Finding {
	if s.columns.err != nil {
		return unread("The columns", s.columns.err, "Grant the account SELECT on the database.")
	}
	var wrong, other []string
	collation := ""
	for _, c := range s.columns.value {
		name := fmt.Sprintf("%s.%s is %s", c.table, c.name, c.collation)
		switch {
		case c.collation == "ascii_bin" && // as migrated
			slices.Contains([]string{"change_sets", "api_keys", "idempotency_keys", "survey"}, c.table):
		case isExact(c.collation):
			collation = c.collation
		case c.table == "contacts" && (c.name == "email" || c.name == "phone_number"):
			wrong = append(wrong, name)
		default:
			other = append(other, name)
		}
	}
	var all []Finding
	if len(wrong) > 0 {
		all = append(all, Finding{Level: Wrong,
			Found:  strings.Join(wrong, ", ") + ": different values can be equal there, and different people become one.",
			Advice: "Change these columns to CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, keep their types, and look for wrong merges."})
	}
	if len(other) > 0 {
		all = append(all, Finding{Level: Note, Found: strings.Join(other, ", ") + ", unlike the migrations.",
			Advice: "Change them to utf8mb4_bin before the next migration."})
	}
	if len(all) == 0 && collation != "" {
		all = append(all, fine("The columns with what people wrote are %s.", collation))
	}
	return all
}

// isExact reports whether a collation compares all of Unicode byte by byte.
func isExact(collation string) bool {
	return strings.HasPrefix(collation, "utf8mb4_") && strings.HasSuffix(collation, "_bin")
}
