package store_test

import (
	"testing"

	"github.com/identikit/identikit/internal/store"
)

// Fails when an empty list runs a statement: without tuples it is a syntax error, and with the
// query's own tuple it would write a row.
func TestEmptyListsRunNoStatement(t *testing.T) {
	t.Parallel()
	q := store.New(nil) // any statement would panic
	_, inserted := q.InsertContacts(t.Context(), nil)
	for name, err := range map[string]error{
		"InsertContacts":       inserted,
		"MoveContacts":         q.MoveContacts(t.Context(), nil),
		"InsertObservations":   q.InsertObservations(t.Context(), nil),
		"WithholdObservations": q.WithholdObservations(t.Context(), nil),
		"InsertRefusals":       q.InsertRefusals(t.Context(), nil),
		"InsertRetractions":    q.InsertRetractions(t.Context(), nil, nil),
		"InsertHistory":        q.InsertHistory(t.Context(), nil, nil),
		"InsertChangeSet":      q.InsertChangeSet(t.Context(), nil, nil),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found, err := q.FindObservations(t.Context(), nil); len(found) > 0 || err != nil {
		t.Errorf("FindObservations: %v, %v", found, err)
	}
	if found, err := q.FindSuppressed(t.Context(), nil); len(found) > 0 || err != nil {
		t.Errorf("FindSuppressed: %v, %v", found, err)
	}
}
