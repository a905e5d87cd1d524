package correction_test

import (
	stdcmp "cmp"
	"slices"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/identikit/identikit/internal/erasure"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
)

func (m *machine) erase() {
	stored := m.model.Rows()
	if len(stored) == 0 {
		return
	}
	id := rapid.SampledFrom(stored).Draw(m.rt, "contact").ID
	m.forget(func() uint64 { m.model.Erase(id); return id }, func(dryRun bool) (erasure.Erasure, error) {
		return m.l.Erase(m.ctx, id, false, dryRun)
	})
}

func (m *machine) eraseValue() {
	stored := m.model.Rows()
	if len(stored) == 0 {
		return
	}
	r := rapid.SampledFrom(stored).Draw(m.rt, "contact")
	value := identity.Observation{Email: r.Email}
	if r.Email == "" || r.Phone != "" && rapid.Bool().Draw(m.rt, "phone") {
		value = identity.Observation{Phone: r.Phone}
	}
	m.forget(func() uint64 { return m.model.EraseValue(value.Email, value.Phone) }, func(dryRun bool) (erasure.Erasure, error) {
		return m.l.EraseValue(m.ctx, value, false, dryRun)
	})
}

// forget holds a dry run against the run that follows, and its receipt against the model.
func (m *machine) forget(inModel func() uint64, erase func(dryRun bool) (erasure.Erasure, error)) {
	before, evidence, separations := m.model.Rows(), len(m.model.Evidence()), len(m.model.Separations())
	would, err := erase(true)
	if err != nil {
		m.rt.Fatal(err)
	}
	m.compare(m.t, m.first)
	id := inModel()
	did, err := erase(false)
	if err != nil {
		m.rt.Fatal(err)
	}
	after := m.model.Rows()
	want := erasure.Erasure{
		ContactID: id, Tombstone: len(after) < len(before), At: did.At, Refusals: did.Refusals, Blocks: did.Blocks,
		Observations: evidence - len(m.model.Evidence()), Separations: separations - len(m.model.Separations()),
	}
	for _, cl := range members(before) {
		if cl.PrimaryID == id || slices.Contains(cl.SecondaryIDs, id) {
			want.Before = append(want.Before, cl)
		}
	}
	want.After = slices.DeleteFunc(members(after), func(cl erasure.Members) bool {
		return cl.PrimaryID != want.Before[0].PrimaryID && !slices.Contains(want.Before[0].SecondaryIDs, cl.PrimaryID)
	})
	if diff := cmp.Diff(want, did, cmpopts.EquateEmpty()); diff != "" {
		m.rt.Fatalf("receipt (-model +linker):\n%s", diff)
	}
	if would.At = did.At; !cmp.Equal(would, did) {
		m.rt.Fatalf("the dry run announced %+v, it became %+v", would, did)
	}
}

// members lists the clusters of rows by primary.
func members(rows []linkertest.Row) []erasure.Members {
	var all []erasure.Members
	for _, r := range rows {
		if r.LinkedID == 0 {
			all = append(all, erasure.Members{PrimaryID: r.ID})
		}
	}
	for _, r := range rows {
		if r.LinkedID != 0 {
			i := slices.IndexFunc(all, func(cl erasure.Members) bool { return cl.PrimaryID == r.LinkedID })
			all[i].SecondaryIDs = append(all[i].SecondaryIDs, r.ID)
		}
	}
	slices.SortFunc(all, func(a, b erasure.Members) int { return stdcmp.Compare(a.PrimaryID, b.PrimaryID) })
	return all
}
