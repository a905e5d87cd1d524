package importer_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/importer"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/snapshot"
	"github.com/identikit/identikit/internal/stored"
)

// between is a Finder after which others write: what it found is out of date when the rows are linked.
type between struct {
	importer.Finder
	write func()
}

func (b between) Find(ctx context.Context, observations []identity.Observation) (time.Time, []stored.Found, error) {
	now, found, err := b.Finder.Find(ctx, observations)
	b.write()
	return now, found, err
}

// Fails when an import trusts what it looked up before it had the locks. Others change the database
// between the look-up and the transactions, and the result must be that of linking the rows after the
// change.
func TestChangeBetweenLookUpAndWrite(t *testing.T) {
	t.Parallel()
	saw := func(email, phone string) identity.Observation {
		return identity.Observation{Email: email, Phone: phone}
	}
	a, b, c := saw("a@x.com", "1001"), saw("b@x.com", "1002"), saw("c@x.com", "1003")
	before := []identity.Observation{a, b, saw("a@x.com", "1004")}
	type linked struct {
		*testing.T
		*linkertest.System
		id func(identity.Observation) uint64 // of an observation
	}
	for name, test := range map[string]struct {
		file   []identity.Observation
		change func(linked) error
	}{
		"a value arrives": {
			[]identity.Observation{c, saw("d@x.com", "1005")},
			func(l linked) error {
				_, err := l.Link(l.Context(), []identity.Observation{saw("c@x.com", "1006"), saw("e@x.com", "1005")})
				return err
			},
		},
		"two clusters merge": {
			[]identity.Observation{saw("a@x.com", "1007"), saw("b@x.com", "1008"), saw("f@x.com", "1002")},
			func(l linked) error {
				_, err := l.Link(l.Context(), []identity.Observation{saw("b@x.com", "1001")})
				return err
			},
		},
		"a contact is erased": {
			[]identity.Observation{saw("b@x.com", "1007"), saw("g@x.com", "1002"), saw("b@x.com", "")},
			func(l linked) error {
				if _, err := l.EraseValue(l.Context(), saw("b@x.com", ""), false, false); err != nil {
					return err
				}
				_, err := l.EraseValue(l.Context(), saw("", "1002"), false, false)
				return err
			},
		},
		"a pair is retracted": {
			[]identity.Observation{saw("a@x.com", "1001"), saw("a@x.com", "1004"), saw("h@x.com", "1001"), saw("i@x.com", "1004")},
			func(l linked) error {
				for _, o := range []identity.Observation{a, saw("a@x.com", "1004")} {
					if _, err := l.Retract(l.Context(), l.id(o), "a test", false); err != nil {
						return err
					}
				}
				return nil
			},
		},
		"a value is blocked": {
			[]identity.Observation{saw("j@x.com", "1004"), saw("a@x.com", "1009")},
			func(l linked) error {
				_, err := l.Block(l.Context(), saw("", "1004"), "a shop", false)
				return err
			},
		},
		"all of the file arrives": {
			[]identity.Observation{c, saw("c@x.com", "1010"), saw("k@x.com", "1002")},
			func(l linked) error {
				_, err := l.Link(l.Context(), []identity.Observation{saw("k@x.com", "1002"), saw("c@x.com", "1010"), c})
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := func() (*mysqltest.DB, linked) {
				db := mysqltest.NewDB(t)
				l := linkertest.New(db.Pool, cluster.Policy{})
				if _, err := l.Link(t.Context(), before); err != nil {
					t.Fatal(err)
				}
				return db, linked{t, l, func(o identity.Observation) uint64 {
					return query(t, db.Pool, `SELECT o.id FROM observations AS o JOIN contacts AS e ON e.id = o.email_contact_id
						JOIN contacts AS p ON p.id = o.phone_contact_id
						WHERE e.email = '`+o.Email+`' AND p.phone_number = '`+o.Phone+`'`, func(id *uint64) []any { return []any{id} })[0]
				}}
			}
			after, l := open()
			if err := test.change(l); err != nil {
				t.Fatal(err)
			}
			linkEach(t, after.Pool, cluster.Policy{}, nil, test.file)

			db, l := open()
			changed := 0
			run(t, db.Pool, csvOf(test.file), func(o *importer.Options) {
				o.BatchSize, o.SegmentSize, o.Writers, o.Patience = 1, len(test.file), 3, time.Second
				o.Finder = between{o.Finder, func() {
					if changed++; changed == 1 {
						if err := test.change(l); err != nil {
							t.Error(err)
						}
					}
				}}
			})
			if diff := cmp.Diff(customers(t, after.Pool, true), customers(t, db.Pool, true)); diff != "" {
				t.Errorf("(-change, then rows +rows around the change):\n%s", diff)
			}
			if _, err := snapshot.Verify(t.Context(), db.Pool, func(d snapshot.Drift) { t.Error(d) }); err != nil {
				t.Error(err)
			}
		})
	}
}
