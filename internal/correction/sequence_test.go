package correction_test

import (
	stdcmp "cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/correction"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/snapshot"
)

// machine does the same to a linker and to the model of what it should store.
type machine struct {
	t     *testing.T
	rt    *rapid.T
	ctx   context.Context //nolint:containedctx // of one test
	db    *sql.DB
	l     *linkertest.System
	model *linkertest.Model
	run   int
	first uint64 // id of the first contact of the run
	feed  *follower
}

// Fails when a random sequence of operations leaves another partition, other primaries, other evidence or
// other reasons of retractions than the model that recomputes them, another history than the feed, or anything
// that verify calls a drift.
func TestRandomOperationsMatchTheModel(t *testing.T) {
	t.Parallel()
	stages, followers := linkertest.Stages(t), map[*linkertest.Stage]*follower{}
	for _, s := range stages {
		followers[s] = newFollower(s.DB.Pool)
	}
	policies := []cluster.Policy{{}, {ClusterValues: 5}, {EmailsPerPhone: 2, PhonesPerEmail: 3}}
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		policy := rapid.SampledFrom(policies).Draw(rt, "policy")
		on := stages[rapid.IntRange(0, len(stages)-1).Draw(rt, "stage")]
		l := linkertest.New(on.Own, policy)
		if size := rapid.SampledFrom([]int{1, 2, 1000}).Draw(rt, "step"); size < 1000 {
			l.Corrector = l.WithSteps(size)
		}
		model := linkertest.NewModel(on.IDs)
		model.ClusterValues, model.EmailsPerPhone, model.PhonesPerEmail = policy.ClusterValues, policy.EmailsPerPhone, policy.PhonesPerEmail
		m := &machine{t, rt, t.Context(), on.DB.Pool, l, model, run, on.First, followers[on]}
		defer func() {
			if last := m.lastID(); last >= on.First {
				on.IDs = on.After(last)
			}
		}()
		operations := []func(){
			m.link, m.link, m.link, m.link, m.retract, m.restore, m.accept, m.separate, m.unseparate, m.block, m.unblock,
			m.erase, m.eraseValue, m.imports, m.importAged, m.withhold,
		}
		for range rapid.IntRange(1, 30).Draw(rt, "operations") {
			rapid.SampledFrom(operations).Draw(rt, "operation")()
			m.compare(t, m.first)
		}
	})
	for _, s := range stages {
		if found, err := snapshot.Verify(t.Context(), s.DB.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil || found.Contacts == 0 {
			t.Errorf("verify: %+v, %v", found, err)
		}
	}
}

func (m *machine) lastID() (id uint64) {
	if err := m.db.QueryRowContext(m.ctx, "SELECT COALESCE(MAX(id), 0) FROM contacts").Scan(&id); err != nil {
		m.rt.Fatal(err)
	}
	return id
}

func (m *machine) compare(t *testing.T, first uint64) {
	if diff := cmp.Diff(m.model.Rows(), linkertest.Rows(t, m.db, first), cmpopts.EquateEmpty()); diff != "" {
		m.rt.Fatalf("contacts (-model +linker):\n%s", diff)
	}
	if err := m.feed.catchUp(m.ctx); err != nil {
		m.rt.Fatal(err)
	}
	followed := map[uint64]uint64{}
	for contact, primary := range m.feed.primary {
		if contact >= first {
			followed[contact] = primary
		}
	}
	if diff := cmp.Diff(primaries(m.model.Rows()), followed); diff != "" {
		m.rt.Fatalf("primaries by the feed alone (-model +feed):\n%s", diff)
	}
	m.compareHistory(t, first)
	stored := linkertest.Query(t, m.db, `SELECT email_contact_id, phone_contact_id, COALESCE(withheld, ''),
		IF((r.id IS NOT NULL) = (o.withheld <=> 'retracted'), COALESCE(r.reason, ''), 'a row too many, or none')
		FROM observations AS o LEFT JOIN retractions AS r ON r.observation_id = o.id
		WHERE email_contact_id >= ? ORDER BY o.id`, first,
		func(p *linkertest.Evidence) []any { return []any{&p.Email, &p.Phone, &p.Withheld, &p.Why} })
	if diff := cmp.Diff(sorted(m.model.Evidence()), sorted(stored), cmpopts.EquateEmpty()); diff != "" {
		m.rt.Fatalf("observations (-model +linker):\n%s", diff)
	}
	if stray := linkertest.Column(t, m.db, `SELECT observation_id FROM retractions
		WHERE observation_id NOT IN (SELECT id FROM observations)`); len(stray) > 0 {
		m.rt.Fatalf("retractions of the observations %v, which do not exist", stray)
	}
}

// compareHistory fails when the contacts, or the history since it was compared last, show other events
// than the feed.
func (m *machine) compareHistory(t *testing.T, first uint64) {
	want := m.feed.history
	m.feed.history = nil
	type entry struct {
		id uint64
		identity.Event
	}
	entries := linkertest.Query(t, m.db, `SELECT id, kind, contact_id, primary_id, COALESCE(observation_id, 0) FROM history
		WHERE id > ? ORDER BY id`, m.feed.compared,
		func(e *entry) []any { return []any{&e.id, &e.Kind, &e.ContactID, &e.PrimaryID, &e.ObservationID} })
	var history []identity.Event
	for _, e := range entries {
		history = append(history, e.Event)
		m.feed.compared = e.id
	}
	if diff := cmp.Diff(want, history); diff != "" {
		m.rt.Fatalf("history (-feed +table):\n%s", diff)
	}
	origins := linkertest.Query(t, m.db, "SELECT id, COALESCE(first_linked_id, id) FROM contacts WHERE id >= ? ORDER BY id", first,
		func(o *[2]uint64) []any { return []any{&o[0], &o[1]} })
	for _, o := range origins {
		if byFeed := m.feed.first[o[0]]; o[1] != byFeed {
			m.rt.Fatalf("contact %d was first stored under %d, by the feed under %d", o[0], o[1], byFeed)
		}
	}
}

// sorted takes away the order within one slice: what does not link is written after what does.
func sorted(evidence []linkertest.Evidence) []linkertest.Evidence {
	slices.SortFunc(evidence, func(a, b linkertest.Evidence) int {
		return stdcmp.Or(stdcmp.Compare(a.Email, b.Email), stdcmp.Compare(a.Phone, b.Phone))
	})
	return evidence
}

func (m *machine) link() {
	slice := rapid.SliceOfN(linkertest.DrawObservation(m.run, 3), 1, 4).Draw(m.rt, "slice")
	want := m.model.Link(slice)
	got, err := m.l.Link(m.ctx, slice)
	if err != nil {
		m.rt.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		m.rt.Fatalf("answers (-model +linker):\n%s", diff)
	}
}

// imports is link for those who want counts.
func (m *machine) imports() {
	slice := rapid.SliceOfN(linkertest.DrawObservation(m.run, 3), 1, 8).Draw(m.rt, "slice")
	m.model.Link(slice)
	counts, err := m.l.Import(m.ctx, slice)
	if sum := counts.Created + counts.Linked + counts.Merged + counts.Unchanged + counts.Withheld; err != nil || sum != len(slice) {
		m.rt.Fatalf("%d observations: %+v, %v", len(slice), counts, err)
	}
}

// importAged is imports of what was seen in the past, which makes contacts older.
func (m *machine) importAged() {
	slice := rapid.SliceOfN(linkertest.DrawObservation(m.run, 3), 1, 3).Draw(m.rt, "slice")
	for i := range slice {
		if years := rapid.IntRange(0, 8).Draw(m.rt, "years"); years > 0 {
			slice[i].SeenAt = time.Date(2010+years, 1, 1, 0, 0, 0, 0, time.UTC)
		}
	}
	m.model.Link(slice)
	if _, err := m.l.Import(m.ctx, slice); err != nil {
		m.rt.Fatal(err)
	}
}

// try holds a dry run against the run that follows: it changes nothing, and tells the same but for the
// ids of contacts that the run adds.
func (m *machine) try(do func(dryRun bool) (correction.Change, error), inModel func() bool) {
	last := m.lastID()
	would, dryErr := do(true)
	m.compare(m.t, m.first)
	allowed := inModel()
	did, err := do(false)
	m.agree(allowed, did, err)
	if identity.CodeOf(dryErr) != identity.CodeOf(err) {
		m.rt.Fatalf("the dry run: %v, the run: %v", dryErr, err)
	}
	whole := did.After != nil && would.After != nil // else it took several steps
	if diff := cmp.Diff(withoutIDs(did, last), would, cmpopts.EquateEmpty()); whole && diff != "" {
		m.rt.Fatalf("dry run (-what was done +what it announced):\n%s", diff)
	}
}

// withoutIDs leaves out the ids after the last one that there was.
func withoutIDs(change correction.Change, last uint64) correction.Change {
	for _, clusters := range [][]identity.Cluster{change.Before, change.After} {
		for i := range clusters {
			if clusters[i].PrimaryID > last {
				clusters[i].PrimaryID = 0
			}
			clusters[i].SecondaryIDs = slices.DeleteFunc(clusters[i].SecondaryIDs, func(id uint64) bool { return id > last })
		}
	}
	return change
}

// draw picks an observation and returns its position and its id.
func (m *machine) draw(match func(linkertest.Evidence) bool) (position int, id uint64) {
	evidence := m.model.Evidence()
	var fit []int
	for i, e := range evidence {
		if match(e) {
			fit = append(fit, i)
		}
	}
	if len(fit) == 0 {
		return -1, 0
	}
	position = rapid.SampledFrom(fit).Draw(m.rt, "observation")
	e := evidence[position]
	err := m.db.QueryRowContext(m.ctx, "SELECT id FROM observations WHERE email_contact_id = ? AND phone_contact_id = ?", e.Email, e.Phone).Scan(&id)
	if err != nil {
		m.rt.Fatal(err)
	}
	return position, id
}

// agree holds the outcome of an operation against that of the model, and the clusters that it
// reports against those that it made.
func (m *machine) agree(allowed bool, change correction.Change, err error) {
	refused := slices.Contains([]identity.Code{
		identity.CodeInvalidRequest, identity.CodeContactsLinked, identity.CodeContactsSeparated, identity.CodeValueBlocked,
		identity.CodeNotRetracted, identity.CodeRefusalDecided,
	}, identity.CodeOf(err))
	if refused == allowed || !refused && err != nil {
		m.rt.Fatalf("the model allows it: %v, the linker: %v", allowed, err)
	}
	for _, after := range change.After {
		value := identity.Observation{}
		if len(after.Emails) > 0 {
			value.Email = after.Emails[0]
		} else {
			value.Phone = after.Phones[0]
		}
		clusters := m.model.Link([]identity.Observation{value})
		if diff := cmp.Diff(clusters[0], after); clusters[0].PrimaryID != 0 && diff != "" {
			m.rt.Fatalf("reported (-model +linker):\n%s", diff)
		}
	}
}

func (m *machine) retract() {
	i, id := m.draw(func(linkertest.Evidence) bool { return true })
	if i < 0 {
		return
	}
	why := m.reason()
	m.try(func(dryRun bool) (correction.Change, error) { return m.l.Retract(m.ctx, id, why, dryRun) }, func() bool {
		m.model.Retract(i, why)
		return true
	})
}

// reason draws a reason, which may be empty or mention a value.
func (m *machine) reason() string {
	mentioned := linkertest.DrawObservation(m.run, 3).Draw(m.rt, "mentioned")
	return rapid.SampledFrom([]string{"", "a test", "not " + mentioned.Email, "who has " + mentioned.Phone}).Draw(m.rt, "reason")
}

// withhold is what an import of decisions does with a retraction.
func (m *machine) withhold() {
	o, why := linkertest.DrawObservation(m.run, 3).Draw(m.rt, "observation"), m.reason()
	if o.Email == "" || o.Phone == "" {
		return
	}
	m.model.Withhold(o, why)
	refused, err := m.l.Withhold(m.ctx, []correction.Withheld{{Observation: o, Reason: identity.ReasonRetracted, Why: why}})
	if err != nil || refused[0] != nil {
		m.rt.Fatalf("%v %v", refused, err)
	}
}

func (m *machine) restore() {
	i, id := m.draw(func(linkertest.Evidence) bool { return true })
	if i < 0 {
		return
	}
	m.try(func(dryRun bool) (correction.Change, error) { return m.l.Restore(m.ctx, id, dryRun) }, func() bool { return m.model.Restore(i) })
}

func (m *machine) accept() {
	i, id := m.draw(func(e linkertest.Evidence) bool { return e.Withheld != "" && e.Withheld != identity.ReasonRetracted })
	if i < 0 {
		return
	}
	var refusal uint64
	err := m.db.QueryRowContext(m.ctx, "SELECT id FROM refusals WHERE observation_id = ? AND closed_at IS NULL", id).Scan(&refusal)
	if errors.Is(err, sql.ErrNoRows) {
		return // linked once, and withheld by an operation
	}
	if err != nil {
		m.rt.Fatal(err)
	}
	m.try(func(dryRun bool) (correction.Change, error) { return m.l.Accept(m.ctx, refusal, dryRun) }, func() bool { return m.model.Accept(i) })
}

func (m *machine) separate() {
	stored := m.model.Rows()
	if len(stored) == 0 {
		return
	}
	a, b := rapid.SampledFrom(stored).Draw(m.rt, "contact").ID, rapid.SampledFrom(stored).Draw(m.rt, "other").ID
	m.try(func(dryRun bool) (correction.Change, error) {
		s, err := m.l.Separate(m.ctx, a, b, "a test", dryRun)
		return s.Change, err
	}, func() bool { return m.model.Separate(a, b) })
}

func (m *machine) unseparate() {
	separations := m.model.Separations()
	if len(separations) == 0 {
		return
	}
	i := rapid.IntRange(0, len(separations)-1).Draw(m.rt, "separation")
	var id uint64
	err := m.db.QueryRowContext(m.ctx, "SELECT id FROM separations WHERE contact_id = ? AND other_contact_id = ?", separations[i][0], separations[i][1]).Scan(&id)
	if err != nil {
		m.rt.Fatal(err)
	}
	m.try(func(dryRun bool) (correction.Change, error) { return m.l.Unseparate(m.ctx, id, dryRun) }, func() bool {
		m.model.Unseparate(i)
		return true
	})
}

func (m *machine) block() {
	o := linkertest.DrawObservation(m.run, 3).Draw(m.rt, "value")
	if o.Email != "" {
		o.Phone = ""
	}
	m.try(func(dryRun bool) (correction.Change, error) {
		b, err := m.l.Block(m.ctx, o, "a test", dryRun)
		if err == nil && !dryRun && (!b.Complete || b.Linking != 0 || b.ID == 0) {
			m.rt.Fatalf("blocked: %+v", b)
		}
		return b.Change, err
	}, func() bool {
		m.model.Block(o.Email, o.Phone)
		return true
	})
}

func (m *machine) unblock() {
	blocked := m.model.Blocked()
	if len(blocked) == 0 {
		return
	}
	row := rapid.SampledFrom(blocked).Draw(m.rt, "blocked")
	var id uint64
	if err := m.db.QueryRowContext(m.ctx, "SELECT id FROM blocks WHERE contact_id = ?", row.ID).Scan(&id); err != nil {
		m.rt.Fatal(err)
	}
	m.try(func(dryRun bool) (correction.Change, error) {
		b, err := m.l.Unblock(m.ctx, id, dryRun)
		if err == nil && !dryRun && !b.Complete {
			m.rt.Fatalf("unblocked: %+v", b)
		}
		return b.Change, err
	}, func() bool {
		m.model.Unblock(row.Email, row.Phone)
		return true
	})
}
