package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/identikit/identikit/internal/apikey"
)

const keysUsage = "keys create|list|rotate|revoke"

const keysHelp = `  create --name NAME --scopes SCOPES [--expires-in TIME] [--rate N] [--burst N]
             make a key and print it. Its secret cannot be shown again.
  list [--json]
             list the keys, without their secrets
  rotate ID [--overlap TIME]
             make a key that may do the same and print it; the old one works until
             the overlap is over (24h)
  revoke ID [--reason TEXT]
             make a key stop working, in every process within a second

--rate is how many requests a second the key may send, and --burst how many at
once, an element of a batch counting as one (RATE_LIMIT and RATE_BURST).

SCOPES are separated by commas: identify, contacts:read, decisions:write, erase,
events:read, keys:write, or all. A TIME is such as 720h.

create and rotate print the key alone on standard output, and the rest on standard
error. Send it as Authorization: Bearer KEY.

Uses DATABASE_URL or, without it, the private server, which must not be running.
Reads the same settings as serve.

Exit codes: 0 done, 1 failed, 2 wrong command line or setting.
`

// keysAction is one of the actions of keys.
type keysAction struct {
	name, expires, overlap, reason, scopes string
	asJSON                                 bool
	rate, burst                            uint
}

func (a app) keys(ctx context.Context, args []string) (err error) {
	var k keysAction
	flags := flag.NewFlagSet("keys", flag.ContinueOnError)
	flags.StringVar(&k.name, "name", "", "")
	flags.StringVar(&k.scopes, "scopes", "", "")
	flags.StringVar(&k.expires, "expires-in", "", "")
	flags.StringVar(&k.overlap, "overlap", "24h", "")
	flags.StringVar(&k.reason, "reason", "", "")
	flags.UintVar(&k.rate, "rate", 0, "")
	flags.UintVar(&k.burst, "burst", 0, "")
	flags.BoolVar(&k.asJSON, "json", false, "")
	words, helped, err := a.parseFlags(flags, "Usage: identikit "+keysUsage+"\n\n"+keysHelp, args)
	if helped || err != nil {
		return err
	}
	do, err := a.keysAction(&k, words)
	if err != nil {
		return err
	}
	c, err := a.loadConfig()
	if err != nil {
		return err
	}
	d, err := a.openCurrent(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	return do(ctx, apikey.NewKeeper(d.pool))
}

// keysAction returns what the words ask for.
func (a app) keysAction(k *keysAction, words []string) (func(context.Context, *apikey.Keeper) error, error) {
	if len(words) == 0 {
		return nil, usageError("keys needs create, list, rotate or revoke; see identikit keys --help")
	}
	action, rest := words[0], words[1:]
	switch action {
	case "create", "list":
		if err := noMore(rest); err != nil {
			return nil, err
		}
		if action == "list" {
			return k.list(a), nil
		}
		return k.create(a)
	case "rotate", "revoke":
		if len(rest) != 1 {
			return nil, usageError("keys " + action + " needs the id of one key, as identikit keys list shows it")
		}
		id, err := strconv.ParseUint(rest[0], 10, 64)
		if err != nil || id == 0 {
			return nil, usageError(fmt.Sprintf("%q is not the id of a key; identikit keys list shows them", rest[0]))
		}
		if action == "rotate" {
			return k.rotate(a, id)
		}
		return k.revoke(a, id), nil
	}
	return nil, usageError(fmt.Sprintf("keys has no action %q; it takes create, list, rotate or revoke", action))
}

func (k *keysAction) create(a app) (func(context.Context, *apikey.Keeper) error, error) {
	if k.name == "" || len(k.name) > apikey.MaxName {
		return nil, usageError(fmt.Sprintf("keys create needs --name with who uses the key, in at most %d characters", apikey.MaxName))
	}
	grant, err := apikey.ParseGrant(strings.FieldsFunc(k.scopes, func(r rune) bool { return r == ',' || r == ' ' }))
	if err != nil {
		return nil, usageError("--scopes: " + err.Error())
	}
	const most = apikey.MaxRate
	if k.rate > most || k.burst > most || k.rate == 0 && k.burst > 0 {
		return nil, usageError(fmt.Sprintf("--rate and --burst must be at most %d, and --burst needs --rate", most))
	}
	r := apikey.Request{Name: k.name, Grant: grant, Quota: apikey.Quota{PerSecond: uint32(k.rate), Burst: uint32(k.burst)}.Full()}
	if k.expires != "" {
		life, err := time.ParseDuration(k.expires)
		if err != nil || life <= 0 {
			return nil, usageError(fmt.Sprintf("--expires-in is %q; it must be a time such as 720h", k.expires))
		}
		r.ExpiresAt = time.Now().Add(life)
	}
	return func(ctx context.Context, keeper *apikey.Keeper) error {
		created, key, err := keeper.Create(ctx, r, apikey.Caller{})
		if err != nil {
			return err
		}
		return a.printKey(created, key)
	}, nil
}

func (k *keysAction) rotate(a app, id uint64) (func(context.Context, *apikey.Keeper) error, error) {
	overlap, err := time.ParseDuration(k.overlap)
	if err != nil || overlap < 0 {
		return nil, usageError(fmt.Sprintf("--overlap is %q; it must be a time such as 24h, or 0s", k.overlap))
	}
	return func(ctx context.Context, keeper *apikey.Keeper) error {
		created, key, err := keeper.Rotate(ctx, id, overlap, apikey.Caller{})
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Key %d works until %s.\n", id, time.Now().Add(overlap).UTC().Format(time.RFC3339))
		return a.printKey(created, key)
	}, nil
}

func (k *keysAction) revoke(a app, id uint64) func(context.Context, *apikey.Keeper) error {
	return func(ctx context.Context, keeper *apikey.Keeper) error {
		revoked, err := keeper.Revoke(ctx, id, k.reason, apikey.Caller{})
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "Key %d (%s) is revoked.\n", revoked.ID, revoked.Name)
		return nil
	}
}

// printKey prints the key on standard output, for scripts, and what it is on standard error.
func (a app) printKey(created apikey.Key, key string) error {
	fmt.Fprintf(a.stderr, "Key %d (%s) may: %s. It is shown only now:\n", created.ID, created.Name, created.Grant)
	_, err := fmt.Fprintln(a.stdout, key)
	return err
}

func (k *keysAction) list(a app) func(context.Context, *apikey.Keeper) error {
	return func(ctx context.Context, keeper *apikey.Keeper) error {
		const page = 1000
		var all []apikey.Key
		for after := uint64(0); ; after = all[len(all)-1].ID {
			found, err := keeper.List(ctx, after, page)
			if err != nil {
				return err
			}
			all = append(all, found...)
			if len(found) < page {
				break
			}
		}
		if k.asJSON {
			return json.NewEncoder(a.stdout).Encode(all)
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tNAME\tBEGINS WITH\tSCOPES\tLAST USED\tSTATE")
		for _, one := range all {
			fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", one.ID, one.Name, one.Prefix, one.Grant, day(one.LastUsedAt), stateOf(one))
		}
		return table.Flush()
	}
}

func stateOf(k apikey.Key) string {
	switch {
	case !k.RevokedAt.IsZero():
		return "revoked " + day(k.RevokedAt)
	case k.ExpiresAt.IsZero():
		return "works"
	case time.Now().Before(k.ExpiresAt):
		return "works until " + day(k.ExpiresAt)
	}
	return "expired " + day(k.ExpiresAt)
}

func day(at time.Time) string {
	if at.IsZero() {
		return "never"
	}
	return at.UTC().Format("2006-01-02 15:04Z")
}
