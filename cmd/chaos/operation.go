package main

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
)

// kind is what an operation does.
type kind string

const (
	identify   kind = "identify" // one observation, or a batch
	lookUp     kind = "look-up"
	retract    kind = "retract"
	restore    kind = "restore"
	accept     kind = "accept"
	separate   kind = "separate"
	unseparate kind = "unseparate"
	block      kind = "block"
	unblock    kind = "unblock"
	partly     kind = "unblock in part" // a transaction of an unblock that was not its last
	erase      kind = "erase"
	suppress   kind = "suppress" // erase and keep out
	dismiss    kind = "dismiss"
	remove     kind = "erase a contact"
	final      kind = "tables" // what the tables hold when all is over
)

// never is the end of an operation whose outcome is not known: it may still happen.
const never = time.Duration(math.MaxInt64)

// operation is a request about one island, as its caller saw it.
type operation struct {
	number     int // in the order in which they began
	kind       kind
	process    int
	start, end time.Duration // since the round began

	links   []pair   // identify: in their order
	value   value    // look-up, block, unblock, partly, erase, suppress
	pair    pair     // retract, restore, accept, partly
	apart   [2]value // separate, unseparate: two e-mail addresses
	id      uint64   // of the observation, refusal or contact in the path
	other   uint64   // separate, unseparate: the second contact
	status  int      // 0 without an answer
	answers []answer // identify, one for each of links; look-up
	stored  state    // final

	// inner says that this is not a request, but what one may have done before it did what it answered.
	inner bool
	// joined says that another request ended the same block at the same time: it may have done the rest.
	joined bool
	// disturbed says that something went wrong on the way between its process and the database.
	disturbed bool
}

// answer is a contact as a client saw it, or a problem.
type answer struct {
	status  int
	values  set
	primary uint64
	ids     []uint64 // of the secondaries
	emails  []value  // in their order
	phones  []value
	refused []string         // code and field, in their order
	members map[value]uint64 // look-up: the contact that holds each value
}

// known reports whether it is known what the operation did, and that it had done it when it ended. A 404
// to a separation or a block may come from reading back what another request had undone meanwhile.
func (o *operation) known() bool {
	switch o.status {
	case 0, http.StatusServiceUnavailable, http.StatusInternalServerError:
		return false
	case http.StatusNotFound:
		return o.kind != separate && o.kind != block
	}
	return true
}

// latest is when the operation had happened at the latest, if it has.
func (o *operation) latest() time.Duration {
	if !o.known() && !o.inner {
		return never
	}
	return o.end
}

// String describes the operation in findings.
func (o *operation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "#%d %s", o.number, o.kind)
	switch o.kind {
	case identify:
		fmt.Fprintf(&text, " %v", o.links)
	case retract, restore, accept, partly:
		fmt.Fprintf(&text, " %v", o.pair)
	case separate, unseparate:
		fmt.Fprintf(&text, " %v", o.apart)
	case final:
	case dismiss, remove:
		fmt.Fprintf(&text, " %d", o.id)
	default:
		fmt.Fprintf(&text, " %v", o.value)
	}
	fmt.Fprintf(&text, " of process %d, %s to %s: %d", o.process, o.start.Round(time.Microsecond), o.end.Round(time.Microsecond), o.status)
	for _, a := range o.answers {
		fmt.Fprintf(&text, " %d %v primary %d of %v", a.status, a.values, a.primary, a.ids)
		if len(a.refused) > 0 {
			fmt.Fprintf(&text, " refused %v", a.refused)
		}
	}
	return text.String()
}

// byStart sorts operations by their beginning.
func byStart(operations []*operation) []*operation {
	sorted := slices.Clone(operations)
	slices.SortStableFunc(sorted, func(a, b *operation) int { return int(a.start - b.start) })
	return sorted
}
