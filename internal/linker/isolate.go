package linker

import (
	"context"
	"slices"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// isolation takes the observations of one value out of the evidence. Its graph may be a part of the
// cluster: what is connected with these observations, the value itself, and the primary.
type isolation struct {
	*revision
	hub      *contact // holds the value
	reached  map[*contact]bool
	last     bool     // no other observations of the value link
	next     uint64   // the cursor after these observations
	withheld []uint64 // observations
}

// window returns the next observations of the value that link, at most so many.
func (i *isolation) window(ctx context.Context, q *store.Queries, value identity.Observation, after uint64, most int) ([]observed, error) {
	found, err := observationsOfValue(ctx, q, i.hub.id, value, after, most+1, "")
	if err != nil {
		return nil, err
	}
	if len(found) <= most {
		i.last = after == 0
		return found, nil
	}
	found = found[:most]
	i.next = found[most-1].other(value)
	return found, nil
}

// other is the contact of the value that is not the given one.
func (o observed) other(value identity.Observation) uint64 {
	if value.Email != "" {
		return o.phone
	}
	return o.email
}

// observationsOfValue returns the next observations of the value that a contact holds, by the id of the
// other contact: those that link, or with a reason those that are withheld for it.
func observationsOfValue(
	ctx context.Context, q *store.Queries, contact uint64, value identity.Observation, after uint64, most int, reason identity.Reason,
) ([]observed, error) {
	params := store.ListObservationsOfEmailParams{ContactID: contact, AfterID: after, Limit: int32(most)} //nolint:gosec // a step is small
	if reason != "" {
		params.Withheld = withheldAs(reason)
	}
	var all []observed
	if value.Email != "" {
		rows, err := q.ListObservationsOfEmail(ctx, params)
		for _, r := range rows {
			all = append(all, observed{r.ID, r.EmailContactID, r.PhoneContactID})
		}
		return all, err
	}
	rows, err := q.ListObservationsOfPhoneNumber(ctx, store.ListObservationsOfPhoneNumberParams(params))
	for _, r := range rows {
		all = append(all, observed{r.ID, r.EmailContactID, r.PhoneContactID})
	}
	return all, err
}

// walk adds to the graph all that observations connect, without going through the hub.
func (i *isolation) walk(ctx context.Context, q *store.Queries, found []observed) error {
	seen := map[uint64]bool{}
	i.reached = map[*contact]bool{i.hub: true}
	for len(found) > 0 {
		if err := i.loadEnds(ctx, q, found); err != nil {
			return err
		}
		var around store.ListEvidenceAroundParams
		for _, o := range found {
			if seen[o.id] {
				continue
			}
			seen[o.id] = true
			e, err := i.addEdge(o)
			if err != nil {
				return err
			}
			i.reach(e.email, &around)
			i.reach(e.phone, &around)
		}
		var err error
		if found, err = listAround(ctx, q, around); err != nil {
			return err
		}
	}
	return nil
}

// reach adds a contact that was not reached before to those to go on from.
func (i *isolation) reach(c *contact, around *store.ListEvidenceAroundParams) {
	if i.reached[c] {
		return
	}
	i.reached[c] = true
	if c.email != "" {
		around.EmailContactIds = append(around.EmailContactIds, i.storedID(c))
	}
	if c.phone != "" {
		around.PhoneContactIds = append(around.PhoneContactIds, i.storedID(c))
	}
}

// loadEnds reads the contacts of observations as far as the graph lacks them.
func (i *isolation) loadEnds(ctx context.Context, q *store.Queries, found []observed) error {
	var missing []uint64
	for _, o := range found {
		for _, id := range []uint64{o.email, o.phone} {
			if i.graph.byID[id] == nil {
				missing = append(missing, id)
			}
		}
	}
	if err := i.graph.load(ctx, q, missing); err != nil {
		return err
	}
	for _, id := range missing {
		if c := i.graph.byID[id]; c != nil {
			i.was[c] = c.cluster.root
		}
	}
	return nil
}

// listAround reads the evidence of e-mails and of phone numbers.
func listAround(ctx context.Context, q *store.Queries, around store.ListEvidenceAroundParams) ([]observed, error) {
	ask := func(params store.ListEvidenceAroundParams) ([]observed, error) {
		rows, err := q.ListEvidenceAround(ctx, params)
		all := make([]observed, len(rows))
		for i, r := range rows {
			all[i] = observed{r.ID, r.EmailContactID, r.PhoneContactID}
		}
		return all, err
	}
	ofEmails, err := store.InChunks(around.EmailContactIds, func(ids []uint64) ([]observed, error) {
		return ask(store.ListEvidenceAroundParams{EmailContactIds: ids})
	})
	if err != nil {
		return nil, err
	}
	ofPhones, err := store.InChunks(around.PhoneContactIds, func(ids []uint64) ([]observed, error) {
		return ask(store.ListEvidenceAroundParams{PhoneContactIds: ids})
	})
	return append(ofEmails, ofPhones...), err
}

// detach withholds the observations of the value, and regroups what they connected. While others still
// link, the part that has the primary keeps one: so the primary stays in the cluster, and of all contacts
// only those change that leave.
func (i *isolation) detach() {
	contacts := i.graph.contacts()
	for _, c := range contacts {
		new(cluster).add(c)
	}
	var own []edge
	for _, e := range i.edges {
		if e.email == i.hub || e.phone == i.hub {
			own = append(own, e)
		} else {
			join(e.email.cluster, e.phone.cluster)
		}
	}
	for _, c := range contacts { // what was not reached stays with the value
		if !i.reached[c] {
			join(i.hub.cluster, c.cluster)
		}
	}
	root := i.was[i.hub]
	keeps, kept := !i.last && root.cluster != i.hub.cluster, false
	for _, e := range slices.Backward(own) {
		if keeps && (e.email.cluster == root.cluster || e.phone.cluster == root.cluster) {
			keeps, kept = false, true
			continue
		}
		i.withheld = append(i.withheld, e.id)
	}
	if kept {
		join(i.hub.cluster, root.cluster)
	}
	i.relink(contacts)
}
