package correction

import (
	"context"
	"time"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/store"
)

// BlockAll blocks several values one after the other, each as Block does, as many as half of ctx's time
// allows and at least one. The result has an element for each value, in their order: what Block returned, or its error
// when that is about the value; a value that was not reached is not Complete. Where complete is false,
// the same call continues. Any other error ends it, and what is blocked stays so.
func (c *Corrector) BlockAll(
	ctx context.Context, values []identity.Observation, reason string, dryRun bool,
) (results []BlockResult, complete bool, err error) {
	end := halfOf(ctx)
	results, complete = make([]BlockResult, len(values)), true
	for i, value := range values {
		if i > 0 && time.Now().After(end) {
			return results, false, nil
		}
		b, err := c.Block(ctx, value, reason, dryRun)
		if code := identity.CodeOf(err); code != "" && code != identity.CodeValueErased {
			return results, false, err
		}
		results[i] = BlockResult{b, err}
		complete = complete && (b.Complete || err != nil)
	}
	return results, complete, nil
}

// BlockResult is what became of one of several values.
type BlockResult struct {
	Blocking
	Err error // nil, or a CodeValueErased
}

// BlockList blocks the stored values of a list, so that what they linked before the list was switched on
// comes apart. It returns how many values it blocked completely, as many as half of ctx's time allows, in
// the order of the values. Where complete is false, the same call continues with the others. A dry run
// counts at most 1,000 of them. An unknown list is CodeInvalidRequest.
func (c *Corrector) BlockList(ctx context.Context, list identity.List, reason string, dryRun bool) (blocked int, complete bool, err error) {
	prefixes, phones, known := list.Values()
	if !known {
		return 0, false, identity.Errorf(identity.CodeInvalidRequest,
			"list must be %s or %s.", identity.ListRoleMailboxes, identity.ListPlaceholders)
	}
	values, err := c.listed(ctx, prefixes, phones)
	if err != nil || dryRun {
		return len(values), err == nil, mysql.Translate(err)
	}
	results, complete, err := c.BlockAll(ctx, values, reason, false)
	for _, r := range results {
		if r.Complete {
			blocked++
		}
	}
	return blocked, complete && len(values) < maxListed, err
}

// maxListed is how many values of a list one call blocks at most.
const maxListed = 1000

// listed returns the next values that are not blocked completely, at most maxListed.
func (c *Corrector) listed(ctx context.Context, prefixes, phones []string) ([]identity.Observation, error) {
	q := c.ledger.Reader().Queries
	var values []identity.Observation
	for _, prefix := range prefixes {
		pattern := prefix + "%" // no local part of a list has a wildcard
		emails, err := q.ListEmailsToBlock(ctx, store.ListEmailsToBlockParams{
			Pattern: &pattern, Limit: int32(maxListed - len(values)), //nolint:gosec // at most maxListed
		})
		if err != nil {
			return nil, err
		}
		for _, email := range emails {
			values = append(values, identity.Observation{Email: *email})
		}
		if len(values) == maxListed {
			return values, nil
		}
	}
	if len(phones) == 0 {
		return values, nil
	}
	asked := make([]*string, len(phones))
	for i := range phones {
		asked[i] = &phones[i]
	}
	found, err := q.ListPhoneNumbersToBlock(ctx, asked)
	for _, phone := range found {
		values = append(values, identity.Observation{Phone: *phone})
	}
	return values, err
}

// halfOf is when half of ctx's time is used up; without a deadline it is an hour away.
func halfOf(ctx context.Context) time.Time {
	deadline, ok := ctx.Deadline()
	if !ok {
		return time.Now().Add(time.Hour)
	}
	return time.Now().Add(time.Until(deadline) / 2)
}
