package ledger

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

func observed(id, email, phone uint64) cluster.Observed {
	return cluster.Observed{ID: id, Pair: cluster.Pair{Email: email, Phone: phone}}
}

func withheldAs(reason identity.Reason) store.NullObservationsWithheld {
	return store.NullObservationsWithheld{ObservationsWithheld: store.ObservationsWithheld(reason), Valid: reason != cluster.Linked}
}

// FindObservation returns one observation, without whether it is queued. An unknown id is
// CodeRecordNotFound.
func (r Reader) FindObservation(ctx context.Context, id uint64) (cluster.Record, error) {
	o, err := r.Queries.FindObservation(ctx, id)
	if errors.Is(err, sql.ErrNoRows) {
		err = identity.Errorf(identity.CodeRecordNotFound, "There is no observation %d.", id)
	}
	return cluster.Record{
		ID: o.ID, Pair: cluster.Pair{Email: o.EmailContactID, Phone: o.PhoneContactID}, SeenAt: o.FirstSeenAt,
		Withheld: identity.Reason(o.Withheld.ObservationsWithheld),
	}, err
}

// ListObservationsOf returns at most so many observations in one state of a value that a contact has: those
// whose other contacts have ids above after, by these ids.
func (r Reader) ListObservationsOf(
	ctx context.Context, contact uint64, value identity.Observation, state identity.Reason, after uint64, most int,
) ([]cluster.Observed, error) {
	params := store.ListObservationsOfEmailParams{
		ContactID: contact, AfterID: after, Limit: int32(most), Withheld: withheldAs(state), //nolint:gosec // callers ask for few
	}
	var all []cluster.Observed
	if value.Email != "" {
		rows, err := r.Queries.ListObservationsOfEmail(ctx, params)
		for _, o := range rows {
			all = append(all, observed(o.ID, o.EmailContactID, o.PhoneContactID))
		}
		return all, err
	}
	rows, err := r.Queries.ListObservationsOfPhoneNumber(ctx, store.ListObservationsOfPhoneNumberParams(params))
	for _, o := range rows {
		all = append(all, observed(o.ID, o.EmailContactID, o.PhoneContactID))
	}
	return all, err
}

// ListEvidenceAround returns the observations that link the e-mail addresses of some contacts, and those
// that link the phone numbers of others. The contacts are named by the ids under which they are stored.
func (r Reader) ListEvidenceAround(ctx context.Context, emails, phones []uint64) ([]cluster.Observed, error) {
	ask := func(params store.ListEvidenceAroundParams) ([]cluster.Observed, error) {
		rows, err := r.Queries.ListEvidenceAround(ctx, params)
		all := make([]cluster.Observed, len(rows))
		for i, o := range rows {
			all[i] = observed(o.ID, o.EmailContactID, o.PhoneContactID)
		}
		return all, err
	}
	ofEmails, err := store.InChunks(emails, func(ids []uint64) ([]cluster.Observed, error) {
		return ask(store.ListEvidenceAroundParams{EmailContactIds: ids})
	})
	if err != nil {
		return nil, err
	}
	ofPhones, err := store.InChunks(phones, func(ids []uint64) ([]cluster.Observed, error) {
		return ask(store.ListEvidenceAroundParams{PhoneContactIds: ids})
	})
	return append(ofEmails, ofPhones...), err
}

// ListWithheldIn returns the observations between contacts of a graph that are withheld for a reason, by
// id.
func (r Reader) ListWithheldIn(ctx context.Context, g *cluster.Graph, reason identity.Reason) ([]cluster.Observed, error) {
	rows, err := store.InChunks(g.IDs(), func(ids []uint64) ([]store.ListWithheldOfEmailsRow, error) {
		return r.Queries.ListWithheldOfEmails(ctx, store.ListWithheldOfEmailsParams{EmailContactIds: ids, Withheld: withheldAs(reason)})
	})
	var withheld []cluster.Observed
	for _, o := range rows {
		if g.ByID(o.PhoneContactID) != nil {
			withheld = append(withheld, observed(o.ID, o.EmailContactID, o.PhoneContactID))
		}
	}
	slices.SortFunc(withheld, func(a, b cluster.Observed) int { return cmp.Compare(a.ID, b.ID) })
	return withheld, err
}
