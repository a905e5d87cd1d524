package survey

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/store"
)

// index is an index of the database whose entries are the members of groups, in the order of the groups.
type index struct {
	field identity.Field // of the hubs; "" for clusters

	// bound returns the group of the entry that comes so many after the first one after the given group; 0 if
	// there are fewer.
	bound func(ctx context.Context, q *store.Queries, after uint64, entries int32) (uint64, error)
	// between returns the groups between two, without these, that have at least so many members.
	between func(ctx context.Context, q *store.Queries, after, bound uint64, least int) ([]group, error)
	// next counts the next members of one group, at most so many, and returns the last of them.
	next func(ctx context.Context, q *store.Queries, id, after uint64, most int32) (n int, last uint64, err error)
}

// clusters is the index of the contacts that are not primaries.
func clusters() index {
	return index{
		bound: func(ctx context.Context, q *store.Queries, after uint64, entries int32) (uint64, error) {
			id, err := q.FindClusterBound(ctx, store.FindClusterBoundParams{After: &after, Offset: entries})
			if err != nil {
				return 0, orNone(err)
			}
			return *id, nil
		},
		between: func(ctx context.Context, q *store.Queries, after, bound uint64, least int) ([]group, error) {
			rows, err := q.CountClusterGroups(ctx, store.CountClusterGroupsParams{After: &after, Bound: &bound, Least: int64(least)})
			all := make([]group, len(rows))
			for i, r := range rows {
				all[i] = group{id: *r.ID, members: int(r.Members)}
			}
			return all, err
		},
		next: func(ctx context.Context, q *store.Queries, id, after uint64, most int32) (int, uint64, error) {
			r, err := q.CountClusterMembers(ctx, store.CountClusterMembersParams{ID: &id, After: after, Limit: most})
			return int(r.Members), uint64(r.Last), err //nolint:gosec // an id is not negative
		},
	}
}

// emails is the index of observations by their e-mail address.
func emails() index {
	return index{
		field: identity.FieldEmail,
		bound: func(ctx context.Context, q *store.Queries, after uint64, entries int32) (uint64, error) {
			id, err := q.FindEmailBound(ctx, store.FindEmailBoundParams{After: after, Offset: entries})
			return id, orNone(err)
		},
		between: func(ctx context.Context, q *store.Queries, after, bound uint64, least int) ([]group, error) {
			rows, err := q.CountEmailGroups(ctx, store.CountEmailGroupsParams{After: after, Bound: bound, Least: int64(least)})
			all := make([]group, len(rows))
			for i, r := range rows {
				all[i] = group{r.ID, identity.FieldEmail, int(r.Members)}
			}
			return all, err
		},
		next: func(ctx context.Context, q *store.Queries, id, after uint64, most int32) (int, uint64, error) {
			r, err := q.CountEmailMembers(ctx, store.CountEmailMembersParams{ID: id, After: after, Limit: most})
			return int(r.Members), uint64(r.Last), err //nolint:gosec // an id is not negative
		},
	}
}

// phones is the index of observations by their phone number.
func phones() index {
	return index{
		field: identity.FieldPhone,
		bound: func(ctx context.Context, q *store.Queries, after uint64, entries int32) (uint64, error) {
			id, err := q.FindPhoneBound(ctx, store.FindPhoneBoundParams{After: after, Offset: entries})
			return id, orNone(err)
		},
		between: func(ctx context.Context, q *store.Queries, after, bound uint64, least int) ([]group, error) {
			rows, err := q.CountPhoneGroups(ctx, store.CountPhoneGroupsParams{After: after, Bound: bound, Least: int64(least)})
			all := make([]group, len(rows))
			for i, r := range rows {
				all[i] = group{r.ID, identity.FieldPhone, int(r.Members)}
			}
			return all, err
		},
		next: func(ctx context.Context, q *store.Queries, id, after uint64, most int32) (int, uint64, error) {
			r, err := q.CountPhoneMembers(ctx, store.CountPhoneMembersParams{ID: id, After: after, Limit: most})
			return int(r.Members), uint64(r.Last), err //nolint:gosec // an id is not negative
		},
	}
}

// orNone is the error of a query that may find nothing.
func orNone(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
