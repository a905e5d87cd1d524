package lookup

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// Observation is an e-mail address and a phone number that were seen together. A value is "" if the
// contact that held it was erased.
type Observation struct {
	ID                             uint64
	EmailContactID, PhoneContactID uint64
	Email, Phone                   string
	FirstSeenAt                    time.Time
	Withheld                       identity.Reason // why it does not link; "" if it does
	WithheldAt                     time.Time       // zero if it links
	Reason                         string          // why somebody retracted it; "" if it is not retracted, or without a reason
}

func (o Observation) position() position { return position{at: o.FirstSeenAt, id: o.ID} }

// Observations returns the observations of the values of a contact's cluster, oldest first,
// including withheld ones, and the start of the next page, or "" after the last one. A malformed
// page.After is CodeInvalidRequest.
func (r *Reader) Observations(ctx context.Context, id uint64, page Page) (seen []Observation, next string, err error) {
	from, err := page.start()
	if err != nil {
		return nil, "", err
	}
	err = r.atOnce(ctx, func(ctx context.Context, q *store.Queries) error {
		c, err := readContact(ctx, q, Ref{ID: id})
		if err != nil {
			return err
		}
		if seen, err = listObservations(ctx, q, c.Members, from, page.Limit+1); err != nil {
			return err
		}
		seen, next = cut(page, seen, Observation.position)
		if err = addValues(ctx, q, c.Members, seen); err != nil {
			return err
		}
		return addReasons(ctx, q, seen)
	})
	return seen, next, err
}

// listObservations returns the next limit observations or more, without their values.
func listObservations(
	ctx context.Context, q *store.Queries, members []Member, from position, limit int32,
) ([]Observation, error) {
	ofEmails, err := store.InChunks(emailHolders(members), func(ids []uint64) ([]store.ListObservationsOfEmailsRow, error) {
		return q.ListObservationsOfEmails(ctx, store.ListObservationsOfEmailsParams{
			EmailContactIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	ofPhones, err := store.InChunks(phoneHolders(members), func(ids []uint64) ([]store.ListWithheldOfPhoneNumbersRow, error) {
		return q.ListWithheldOfPhoneNumbers(ctx, store.ListWithheldOfPhoneNumbersParams{
			PhoneContactIds: ids, After: from.at, AfterID: from.id, Limit: limit,
		})
	})
	if err != nil {
		return nil, err
	}
	seen := make([]Observation, 0, len(ofEmails)+len(ofPhones))
	for _, o := range ofEmails {
		seen = append(seen, observationOf(o))
	}
	for _, o := range ofPhones {
		seen = append(seen, observationOf(store.ListObservationsOfEmailsRow(o)))
	}
	slices.SortFunc(seen, func(a, b Observation) int { return a.position().compare(b.position()) })
	return slices.CompactFunc(seen, func(a, b Observation) bool { return a.ID == b.ID }), nil
}

func observationOf(r store.ListObservationsOfEmailsRow) Observation {
	o := Observation{
		ID: r.ID, EmailContactID: r.EmailContactID, PhoneContactID: r.PhoneContactID, FirstSeenAt: r.FirstSeenAt,
		Withheld: identity.Reason(r.Withheld.ObservationsWithheld),
	}
	if r.WithheldAt != nil {
		o.WithheldAt = *r.WithheldAt
	}
	return o
}

// emailHolders lists, by id, the members with an e-mail address.
func emailHolders(members []Member) []uint64 {
	return idsOf(members, func(m Member) bool { return m.Email != "" })
}

// phoneHolders lists, by id, the members with a phone number.
func phoneHolders(members []Member) []uint64 {
	return idsOf(members, func(m Member) bool { return m.Phone != "" })
}

func idsOf(members []Member, holds func(Member) bool) []uint64 {
	var ids []uint64
	for _, m := range members {
		if holds(m) {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

// addValues adds the values to observations. Some of them have one end outside the cluster.
func addValues(ctx context.Context, q *store.Queries, members []Member, seen []Observation) error {
	holders := make(map[uint64]store.ListValuesRow, len(members))
	for _, m := range members {
		holders[m.ID] = store.ListValuesRow{Email: &m.Email, PhoneNumber: &m.Phone}
	}
	var outside []uint64
	for _, o := range seen {
		for _, id := range []uint64{o.EmailContactID, o.PhoneContactID} {
			if _, known := holders[id]; !known {
				outside = append(outside, id)
			}
		}
	}
	found, err := store.InChunks(outside, func(ids []uint64) ([]store.ListValuesRow, error) { return q.ListValues(ctx, ids) })
	if err != nil {
		return err
	}
	for _, r := range found {
		holders[r.ID] = r
	}
	for i := range seen {
		o := &seen[i]
		o.Email, o.Phone = text(holders[o.EmailContactID].Email), text(holders[o.PhoneContactID].PhoneNumber)
	}
	return nil
}

// addReasons adds why observations were retracted.
func addReasons(ctx context.Context, q *store.Queries, seen []Observation) error {
	retracted := map[uint64]*Observation{}
	for i, o := range seen {
		if o.Withheld == identity.ReasonRetracted {
			retracted[o.ID] = &seen[i]
		}
	}
	ids := slices.Collect(maps.Keys(retracted))
	found, err := store.InChunks(ids, func(ids []uint64) ([]store.ListRetractionsOfRow, error) { return q.ListRetractionsOf(ctx, ids) })
	for _, r := range found {
		retracted[r.ObservationID].Reason = r.Reason
	}
	return err
}
