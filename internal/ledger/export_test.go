package ledger

import (
	"context"

	"github.com/identikit/identikit/internal/cluster"
)

// ReadIDs reads the ids of contacts, as on servers that do not promise consecutive ones.
func (tx *Tx) ReadIDs(ctx context.Context, contacts []*cluster.Contact) error {
	return tx.readIDs(ctx, contacts)
}
