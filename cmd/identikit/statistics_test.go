package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/identikit/identikit/internal/mysqltest"
)

type surveyed struct {
	Running *struct{ Percent int }
	Result  *struct {
		Clusters []struct{ Contacts int }
		Hubs     []struct {
			Value        string
			Observations int
		}
	}
}

// survey asks for the survey by GET or POST.
func (p *program) survey(t *testing.T, method string) (s surveyed) {
	t.Helper()
	r := p.as(t, adminKey, method, "/survey", "")
	if r.status/100 != 2 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	if err := json.Unmarshal([]byte(r.body), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// found waits for the result of a survey.
func (p *program) found(t *testing.T) (s surveyed) {
	t.Helper()
	eventually(t, "the survey ends", func() error {
		if s = p.survey(t, http.MethodGet); s.Running != nil || s.Result == nil {
			return fmt.Errorf("%+v", s)
		}
		return nil
	})
	return s
}

// Fails when the survey of a process that was killed is lost.
func TestSurveyOfAKilledProcess(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	settings := []string{databaseURL(db), "AUTH=required", "ADMIN_KEY=" + adminKey}
	killed, other := serve(t, settings...), serve(t, settings...)
	for _, p := range []*program{killed, other} {
		p.accepted(t, adminKey, http.StatusNotFound)
	}
	for i := range 4 {
		killed.mustIdentifyAs(t, i)
	}
	held, err := db.Pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	execOn := func(statement string) {
		t.Helper()
		if _, err := held.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	execOn("LOCK TABLES observations WRITE")
	if s := killed.survey(t, http.MethodPost); s.Running == nil {
		t.Fatalf("%+v", s)
	}
	eventually(t, "it has counted the clusters, and the other process shows that", func() error {
		if s := other.survey(t, http.MethodGet); s.Running == nil || s.Running.Percent < 33 {
			return errors.New("not yet")
		}
		return nil
	})
	killed.signal(t, syscall.SIGKILL)
	killed.wait(t)
	execOn("UNLOCK TABLES")
	if s := other.survey(t, http.MethodPost); s.Running == nil || s.Result != nil {
		t.Fatalf("%+v", s)
	}
	execOn("UPDATE survey SET renewed_at = renewed_at - INTERVAL 1 MINUTE WHERE running") // the lease ends
	s := other.found(t)
	if len(s.Result.Clusters) != 1 || s.Result.Clusters[0].Contacts != 4 || len(s.Result.Hubs) != 1 || s.Result.Hubs[0].Observations != 4 {
		t.Errorf("%+v", s.Result)
	}
}

// mustIdentifyAs observes the ith e-mail address with one phone number.
func (p *program) mustIdentifyAs(t *testing.T, i int) {
	t.Helper()
	r := p.as(t, adminKey, http.MethodPost, "/identify", fmt.Sprintf(`{"email":"hub%d@%s","phoneNumber":"%s00"}`, i, domain, prefix))
	if r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
}

// Fails when what a process has counted is lost when it stops, or when the counts of two processes, single
// requests and batches are not added up. There is no OPS_ADDR.
func TestOutcomesOfAllProcesses(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	settings := []string{databaseURL(db), "AUTH=required", "ADMIN_KEY=" + adminKey}
	first, second := serve(t, settings...), serve(t, settings...)
	for _, p := range []*program{first, second} {
		p.accepted(t, adminKey, http.StatusNotFound)
		for i := range 3 {
			p.mustIdentifyAs(t, i) // the first creates, the next ones link; the second process knows them
		}
	}
	batch := fmt.Sprintf(`[{"email":"hub0@%[1]s"},{"email":"new1@%[1]s"},{"email":"new1@%[1]s"},{"email":"wrong"}]`, domain)
	if r := first.as(t, adminKey, http.MethodPost, "/identify/batch", batch); r.status != http.StatusOK {
		t.Fatalf("%d %s", r.status, r.body)
	}
	first.stop(t)
	second.stop(t)
	third := serve(t, settings...)
	third.accepted(t, adminKey, http.StatusNotFound)
	var s struct{ Total map[string]int }
	r := third.as(t, adminKey, http.MethodGet, "/statistics", "")
	if err := json.Unmarshal([]byte(r.body), &s); err != nil {
		t.Fatal(r.body)
	}
	want := map[string]int{"known": 5, "created": 2, "linked": 2, "merged": 0, "refused": 0}
	for name, n := range want {
		if s.Total[name] != n {
			t.Errorf("%d are %s, want %d", s.Total[name], name, n)
		}
	}
}

// Fails when a survey is not read from the replica, or shows the values of the primary.
func TestSurveyReadsFromReplicas(t *testing.T) {
	t.Parallel()
	c := newCopied(t)
	p := serve(t, append(c.settings(), "AUTH=required", "ADMIN_KEY="+adminKey)...)
	p.accepted(t, adminKey, http.StatusNotFound)
	for i := range 3 {
		p.mustIdentifyAs(t, i)
	}
	c.replicate(t)
	for i := range 5 { // which the replica does not have
		p.mustIdentifyAs(t, 3+i)
	}
	eventually(t, "the replica is used", func() error {
		if !strings.Contains(p.output(), "reading from a replica") {
			return errors.New("not yet")
		}
		return nil
	})
	p.survey(t, http.MethodPost)
	var n int
	eventually(t, "the survey ends", func() error {
		return c.primary.Pool.QueryRowContext(t.Context(),
			"SELECT SUBSTRING_INDEX(SUBSTRING_INDEX(result, '\"contacts\":', -1), '}', 1) FROM survey WHERE result IS NOT NULL").Scan(&n)
	})
	if n != 3 {
		t.Errorf("the cluster has %d contacts, want the 3 of the replica", n)
	}
}
