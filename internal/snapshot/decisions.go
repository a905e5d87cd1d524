package snapshot

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/identikit/identikit/internal/store"
)

// Decided counts the exported decisions by kind.
type Decided struct {
	Withheld    int // observations that do not link, including retractions and dismissals
	Blocks      int
	Separations int
}

// String describes the counts in words.
func (d Decided) String() string {
	return fmt.Sprintf("%d observations that do not link, %d blocks and %d separations", d.Withheld, d.Blocks, d.Separations)
}

// decision is one line of exported decisions. Fields that do not apply are absent.
type decision struct {
	Decision    string     `json:"decision"`
	Email       *string    `json:"email,omitempty"`
	PhoneNumber *string    `json:"phoneNumber,omitempty"`
	Contacts    []holder   `json:"contacts,omitempty"`
	Code        string     `json:"code,omitempty"`
	Refusal     string     `json:"refusal,omitempty"`
	Reason      *string    `json:"reason,omitempty"`
	FirstSeenAt *time.Time `json:"firstSeenAt,omitempty"`
	DecidedAt   *time.Time `json:"decidedAt,omitempty"`
}

// holder is a contact, given by a value that it holds.
type holder struct {
	Email       *string `json:"email,omitempty"`
	PhoneNumber *string `json:"phoneNumber,omitempty"`
}

// DecisionsHeader is the first line of exported decisions.
const DecisionsHeader = `{"decisions":"identikit","version":1}`

// ExportDecisions writes a consistent snapshot of everything that does not link as NDJSON:
// DecisionsHeader, then one decision per line, with values instead of ids. Withheld observations
// come before separations, because two contacts in one cluster cannot be separated. Memory does not
// grow with the number of decisions.
//
// The error is an *identity.Error of the database or the error of w.
func ExportDecisions(ctx context.Context, db *sql.DB, w io.Writer) (done Decided, err error) {
	buffer := bufio.NewWriterSize(w, 64<<10)
	if _, err := buffer.WriteString(DecisionsHeader + "\n"); err != nil {
		return done, err
	}
	out := json.NewEncoder(buffer)
	out.SetEscapeHTML(false)
	err = at(ctx, db, func(q *store.Queries) error {
		if err := exportWithheld(ctx, q, out, &done); err != nil {
			return err
		}
		if err := exportBlocks(ctx, q, out, &done); err != nil {
			return err
		}
		return exportSeparations(ctx, q, out, &done)
	})
	if err != nil {
		return done, err
	}
	return done, buffer.Flush()
}

func exportWithheld(ctx context.Context, q *store.Queries, out *json.Encoder, done *Decided) error {
	return each(func(after uint64) ([]store.ListWithheldPageRow, error) {
		return q.ListWithheldPage(ctx, store.ListWithheldPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListWithheldPageRow) uint64 {
		return r.ID
	}, func(r *store.ListWithheldPageRow) error {
		done.Withheld++
		d := withheldDecision(r)
		return out.Encode(&d)
	})
}

// withheldDecision names an observation by the decision about it: dismissal, retraction, or none
// yet.
func withheldDecision(r *store.ListWithheldPageRow) decision {
	d := decision{
		Email: r.Email, PhoneNumber: r.PhoneNumber, FirstSeenAt: &r.FirstSeenAt, DecidedAt: r.WithheldAt,
		Code: string(r.Withheld.ObservationsWithheld), Reason: r.Reason,
	}
	switch {
	case r.Resolution.RefusalsResolution == store.RefusalsResolutionDismissed:
		d.Decision, d.DecidedAt = "dismissal", r.ClosedAt
		return d
	case r.Resolution.Valid:
		d.Refusal = string(r.Resolution.RefusalsResolution)
	case r.Queued:
		d.Refusal = "open"
	}
	d.Decision = "refusal"
	if r.Withheld.ObservationsWithheld == store.ObservationsWithheldRetracted {
		d.Decision, d.Code = "retraction", ""
	}
	return d
}

func exportBlocks(ctx context.Context, q *store.Queries, out *json.Encoder, done *Decided) error {
	return each(func(after uint64) ([]store.ListBlocksRow, error) {
		return q.ListBlocks(ctx, store.ListBlocksParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListBlocksRow) uint64 {
		return r.ID
	}, func(r *store.ListBlocksRow) error {
		if r.Email == nil && r.PhoneNumber == nil {
			return nil // erased
		}
		done.Blocks++
		return out.Encode(&decision{
			Decision: "block", Email: r.Email, PhoneNumber: r.PhoneNumber, Reason: &r.Reason, DecidedAt: &r.CreatedAt,
		})
	})
}

func exportSeparations(ctx context.Context, q *store.Queries, out *json.Encoder, done *Decided) error {
	return each(func(after uint64) ([]store.ListSeparatedPageRow, error) {
		return q.ListSeparatedPage(ctx, store.ListSeparatedPageParams{AfterID: after, Limit: pageSize})
	}, func(r *store.ListSeparatedPageRow) uint64 {
		return r.ID
	}, func(r *store.ListSeparatedPageRow) error {
		done.Separations++
		return out.Encode(&decision{
			Decision: "separation", Reason: &r.Reason, DecidedAt: &r.CreatedAt,
			Contacts: []holder{holderOf(r.Email, r.PhoneNumber), holderOf(r.OtherEmail, r.OtherPhoneNumber)},
		})
	})
}

// holderOf prefers the e-mail address, because a contact that is split keeps it.
func holderOf(email, phone *string) holder {
	if email != nil {
		return holder{Email: email}
	}
	return holder{PhoneNumber: phone}
}
