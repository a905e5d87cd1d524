package main

import "testing"

// Fails when an audit misses a lost or doubled value, or finds one where there is none: a check that
// cannot fail proves nothing.
func TestAudit(t *testing.T) {
	t.Parallel()
	stored := func() []row { return []row{{1, 1, "a@x", "11"}, {2, 1, "b@x", "22"}, {3, 3, "c@x", ""}} }
	for name, c := range map[string]struct {
		change        func([]row) []row
		lost, doubled int
	}{
		"as acknowledged":          {func(r []row) []row { return r }, 0, 0},
		"a contact is missing":     {func(r []row) []row { return r[:2] }, 1, 0},
		"two values are missing":   {func(r []row) []row { return append(r[:1], r[2]) }, 2, 0},
		"one value is missing":     {func(r []row) []row { r[0].phone = ""; return r }, 1, 0},
		"stored under another id":  {func(r []row) []row { r[2].id, r[2].primary = 9, 9; return r }, 2, 0},
		"the merge was forgotten":  {func(r []row) []row { r[1].primary = 2; return r }, 0, 1},
		"a value in two contacts":  {func(r []row) []row { return append(r, row{4, 4, "", "11"}) }, 1, 2},
		"a contact that nobody":    {func(r []row) []row { return append(r, row{4, 4, "d@x", "44"}) }, 0, 1},
		"under another primary":    {func(r []row) []row { r[0].primary, r[1].primary = 3, 3; return r }, 1, 0},
		"under a secondary":        {func(r []row) []row { r[1].primary = 3; r[2].primary = 1; return r }, 1, 2},
		"the primary is different": {func(r []row) []row { r[0].primary, r[1].primary = 2, 2; return r }, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &history{customers: []*customer{
				{contacts: []contact{{id: 1, email: "a@x", phone: "11"}, {id: 2, age: 1, email: "b@x", phone: "22"}}},
				{contacts: []contact{{id: 3, age: 2, email: "c@x"}}},
			}}
			got := audit([]*history{h}, nil, c.change(stored()))
			if len(got.lost) != c.lost || len(got.doubled) != c.doubled {
				t.Errorf("lost %q, doubled %q, want %d and %d", got.lost, got.doubled, c.lost, c.doubled)
			}
			if got.values != 5 {
				t.Errorf("%d values, want 5", got.values)
			}
		})
	}
}

// Fails when a change whose outcome is unknown is called doubled or lost.
func TestAuditLeavesUnknownOutcomesOpen(t *testing.T) {
	t.Parallel()
	first := &customer{contacts: []contact{{id: 1, email: "a@x", phone: "11"}}}
	h := &history{customers: []*customer{first}}
	h.begin(observation{"a@x", "33"}, first.with(contact{age: 1, phone: "33"}), first)
	for name, rows := range map[string][]row{
		"not carried out": {{1, 1, "a@x", "11"}},
		"carried out":     {{1, 1, "a@x", "11"}, {2, 1, "", "33"}},
	} {
		if got := audit([]*history{h}, nil, rows); len(got.lost) != 0 || len(got.doubled) != 0 {
			t.Errorf("%s: lost %q, doubled %q", name, got.lost, got.doubled)
		}
	}
}

// Fails when the audit misses what two conflicting requests can do to a customer, or blames requests that
// were not acknowledged.
func TestAuditOfSharedCustomers(t *testing.T) {
	t.Parallel()
	stored := func() []row { return []row{{1, 1, "a@x", "11"}, {2, 1, "b@x", ""}, {3, 1, "", "22"}} }
	for name, c := range map[string]struct {
		change        func([]row) []row
		lost, doubled int
	}{
		"as acknowledged":      {func(r []row) []row { return r }, 0, 0},
		"a value is missing":   {func(r []row) []row { return r[:2] }, 1, 0},
		"a merge was lost":     {func(r []row) []row { r[1].primary = 2; return r }, 0, 1},
		"under a secondary":    {func(r []row) []row { r[2].primary = 2; return r }, 0, 2},
		"a value twice":        {func(r []row) []row { return append(r, row{4, 1, "", "22"}) }, 0, 2},
		"not acknowledged yet": {func(r []row) []row { return append(r, row{5, 5, "c@x", "33"}) }, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &rivals{
				components: []component{{emails: []string{"a@x", "b@x"}, phones: []string{"11", "22"}}},
				pending:    &component{emails: []string{"c@x"}, phones: []string{"33"}},
			}
			got := audit(nil, []*rivals{r}, c.change(stored()))
			if len(got.lost) != c.lost || len(got.doubled) != c.doubled {
				t.Errorf("lost %q, doubled %q, want %d and %d", got.lost, got.doubled, c.lost, c.doubled)
			}
		})
	}
}
