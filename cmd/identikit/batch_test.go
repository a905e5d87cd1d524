package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

// Fails when a small batch about a large cluster gets an answer of any size, when the refusal does
// not say what happened, or when a smaller batch then fails.
func TestBatchForLargeCluster(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	p := serve(t, databaseURL(db))
	batch := func(elements ...string) reply {
		t.Helper()
		r, err := send(http.MethodPost, p.url+"/identify/batch", "application/json", "["+strings.Join(elements, ",")+"]")
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	var members, same []string
	for n := range 110 {
		members = append(members, fmt.Sprintf(`{"email":%q,"phoneNumber":%q}`, email(n), phone(0)))
	}
	for range 998 {
		same = append(same, fmt.Sprintf(`{"phoneNumber":%q}`, phone(0)))
	}
	if r := batch(members...); r.status != http.StatusOK {
		t.Fatalf("got %d %s", r.status, r.body)
	}
	newcomer := fmt.Sprintf(`{"email":%q}`, email(999))
	wantProblem(t, "all at once", batch(append(same, newcomer)...), http.StatusRequestEntityTooLarge, "", "All observations were linked")
	if n := count(t, db, "contacts"); n != 111 {
		t.Errorf("%d contacts: the newcomer is missing", n)
	}
	r := batch(append(same[:500], newcomer)...)
	var answers []contact
	if err := json.Unmarshal([]byte(r.body), &answers); err != nil || r.status != http.StatusOK || len(answers) != 501 {
		t.Errorf("half of them: got %d, %d answers, %v", r.status, len(answers), err)
	}
}
