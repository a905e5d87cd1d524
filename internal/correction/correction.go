// Package correction is what people decide about clusters: that an observation, two contacts or a value do
// not link, and the end of such a decision. A correction is a small type that implements ledger.Decision.
package correction

import (
	"context"
	"database/sql"
	"errors"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/linker"
	"github.com/identikit/identikit/internal/suppression"
)

// Corrector corrects the clusters of one database. It is safe for concurrent use, also by any number of
// processes on the same database.
type Corrector struct {
	ledger *ledger.Ledger
	policy cluster.Policy
	keys   suppression.Keys
	linker *linker.Linker // stores values that nobody has
	bounds bounds
}

// New returns a corrector. Policy and keys are those of the linkers on the database.
func New(l *ledger.Ledger, policy cluster.Policy, keys suppression.Keys) *Corrector {
	return &Corrector{l, policy, keys, linker.New(l, policy, keys), defaultBounds()}
}

// Change is what a correction made of the clusters that it touched. Each list is in the order of the
// primaries; where nothing changed the two are the same.
//
// What does not exist yet has no id: in a dry run, a cluster under a contact that the correction would
// add has PrimaryID 0, and such a contact is not among the SecondaryIDs.
type Change struct {
	Before, After []identity.Cluster
}

// endsOf returns both contacts of an observation.
func endsOf(ctx context.Context, r ledger.Reader, observation uint64) ([]uint64, error) {
	o, err := r.FindObservation(ctx, observation)
	return []uint64{o.Email, o.Phone}, err
}

// ignoreNoRows is nil where a row may be missing.
func ignoreNoRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
