package client

import (
	"context"
	"iter"
	"net/http"
	"time"
)

// BlockedValue is an e-mail address or a phone number.
type BlockedValue struct {
	Kind  Field  `json:"kind"`
	Value string `json:"value"`
}

// Block is a value that identifies nobody. If Complete is false, the block or, if Ending is true, its end is not
// carried out in full: send the same request again to continue.
type Block struct {
	ID        *uint64   `json:"id"` // nil in a dry run of a new block
	Kind      Field     `json:"kind"`
	Value     string    `json:"value"`
	Reason    string    `json:"reason"`
	KeyID     uint64    `json:"keyId"`     // the API key that decided it; 0 without a key
	ContactID *uint64   `json:"contactId"` // nil in a dry run that would add the contact
	CreatedAt time.Time `json:"createdAt"` // zero in a dry run
	Complete  bool      `json:"complete"`
	Progress  Progress  `json:"progress"` // as of the last request that blocked the value or ended the block
	Ending    bool      `json:"ending"`
}

// Blocking is a block that was made or ended, and how far that got.
type Blocking struct {
	Block

	// Before and After are the clusters; nil if it took more than one step, or if a cluster has more than 500
	// contacts.
	Before []Changed `json:"before"`
	After  []Changed `json:"after"`
	DryRun bool      `json:"dryRun"`
}

// Progress counts the observations of a value: those that link it, and those that are withheld.
type Progress struct {
	Linking  int `json:"linking"`
	Withheld int `json:"withheld"`
}

// newBlock is a value, several, or a list.
type newBlock struct {
	*BlockedValue
	Values []BlockedValue `json:"values,omitempty"`
	List   List           `json:"list,omitempty"`
	Reason string         `json:"reason,omitempty"`
}

func (c *Client) block(ctx context.Context, b newBlock, flags []Flag, into any) error {
	return c.do(ctx, call{method: http.MethodPost, path: "/blocked", body: b, query: flagged(flags)}, into)
}

// Block says that a value identifies nobody: it links nothing from now on, and the cluster that it held together
// is divided. The reason may have 500 characters. It takes DryRun.
func (c *Client) Block(ctx context.Context, value BlockedValue, reason string, flags ...Flag) (Blocking, error) {
	var b Blocking
	err := c.block(ctx, newBlock{BlockedValue: &value, Reason: reason}, flags, &b)
	return b, err
}

// AllBlocked has a result for each value, in their order. If Complete is false, send the same request again to
// continue.
type AllBlocked struct {
	Results  []BlockResult `json:"results"`
	Complete bool          `json:"complete"`
	DryRun   bool          `json:"dryRun"`
}

// BlockResult has a block or a problem; neither if the value was not reached.
type BlockResult struct {
	Block   *Blocking `json:"block"`
	Problem *Problem  `json:"problem"`
}

// BlockAll is Block for up to 100 values. It takes DryRun.
func (c *Client) BlockAll(ctx context.Context, values []BlockedValue, reason string, flags ...Flag) (AllBlocked, error) {
	var b AllBlocked
	err := c.block(ctx, newBlock{Values: values, Reason: reason}, flags, &b)
	return b, err
}

// List is a list of values that identify nobody.
type List string

const (
	RoleMailboxes List = "role-mailboxes" // info@, sales@ …
	Placeholders  List = "placeholders"   // phone numbers of zeros …
)

// ListBlocked says how many values a request has blocked. If Complete is false, send the same request again to
// continue.
type ListBlocked struct {
	List     List `json:"list"`
	Blocked  int  `json:"blocked"`
	Complete bool `json:"complete"`
	DryRun   bool `json:"dryRun"`
}

// BlockList is Block for all stored values of a list. It takes DryRun.
func (c *Client) BlockList(ctx context.Context, list List, reason string, flags ...Flag) (ListBlocked, error) {
	var b ListBlocked
	err := c.block(ctx, newBlock{List: list, Reason: reason}, flags, &b)
	return b, err
}

// Blocks is one page. Next is "" on the last one.
type Blocks struct {
	Blocked []Block `json:"blocked"`
	Next    string  `json:"next"`
}

// Blocks returns a page of the blocks, the newest first.
func (c *Client) Blocks(ctx context.Context, page Page) (Blocks, error) {
	var b Blocks
	err := c.do(ctx, call{method: http.MethodGet, path: "/blocked", query: page.query(), reads: true}, &b)
	return b, err
}

// AllBlocks returns the blocks of all pages. An error ends them.
func (c *Client) AllBlocks(ctx context.Context, from Page) iter.Seq2[Block, error] {
	return all(from, func(p Page) ([]Block, string, error) {
		b, err := c.Blocks(ctx, p)
		return b.Blocked, b.Next, err
	})
}

// Unblock ends a block and links what it withheld, unless something else forbids it. It takes DryRun.
func (c *Client) Unblock(ctx context.Context, block uint64, flags ...Flag) (Blocking, error) {
	var b Blocking
	err := c.do(ctx, call{method: http.MethodDelete, path: "/blocked/{}", id: block, query: flagged(flags)}, &b)
	return b, err
}

// UnblockValue is Unblock for a value. If a proxy drops the body of a DELETE, it is refused; use the id instead.
// It takes DryRun.
func (c *Client) UnblockValue(ctx context.Context, value BlockedValue, flags ...Flag) (Blocking, error) {
	var b Blocking
	err := c.do(ctx, call{method: http.MethodDelete, path: "/blocked", body: value, query: flagged(flags)}, &b)
	return b, err
}
