package suppression

import (
	"context"
	"slices"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/ledger"
	"github.com/identikit/identikit/internal/mysql"
)

// List is the suppressions of one database. It is safe for concurrent use.
type List struct {
	ledger *ledger.Ledger
	keys   Keys
}

// NewList returns the suppressions of a database, of which those under the keys are recognized.
func NewList(l *ledger.Ledger, keys Keys) *List { return &List{l, keys} }

// Suppression is a value that was erased and is kept out. What the value is cannot be found out.
type Suppression struct {
	ID        uint64
	Field     identity.Field
	KeyID     string // of the key by which it is recognized
	CreatedAt time.Time
}

// KeyUse is how many values are suppressed under a key.
type KeyUse struct {
	KeyID        string
	Suppressions int64
	Configured   bool // the list has the key; otherwise it does not recognize these values
}

// KeyUses returns the use of each key of the list, in their order, and then of the keys that it lacks.
func (l *List) KeyUses(ctx context.Context) ([]KeyUse, error) {
	rows, err := l.ledger.Reader().Queries.CountSuppressionsByKey(ctx)
	if err != nil {
		return nil, mysql.Translate(err)
	}
	var uses []KeyUse
	for _, key := range l.keys {
		uses = append(uses, KeyUse{KeyID: key.ID(), Configured: true})
	}
	for _, r := range rows {
		at := slices.IndexFunc(uses, func(u KeyUse) bool { return u.KeyID == r.KeyID })
		if at < 0 {
			at, uses = len(uses), append(uses, KeyUse{KeyID: r.KeyID})
		}
		uses[at].Suppressions = r.Suppressions
	}
	return uses, nil
}
