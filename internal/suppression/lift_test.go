package suppression_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/suppression"
)

const newKey = "fedcba9876543210fedcba9876543210"

func normalized(t *testing.T, region, phone string) identity.Observation {
	t.Helper()
	n, err := identity.NewNormalizer(region)
	if err != nil {
		t.Fatal(err)
	}
	o, err := n.Observation("", phone)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// Fails when a suppressed phone number comes back because DEFAULT_REGION was changed, as it was written
// or in its international form, or when a number of another country is kept out.
func TestSuppressionSurvivesAnotherRegion(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ erasedIn, laterIn string }{{"US", ""}, {"", "US"}, {"US", "US"}, {"", ""}} {
		t.Run("from "+c.erasedIn+" to "+c.laterIn, func(t *testing.T) {
			t.Parallel()
			db := mysqltest.NewDB(t)
			l := linkertest.OpenEraser(t, db)
			const written = "(415) 555-0132"
			erased := normalized(t, c.erasedIn, written)
			linkertest.LinkOne(t, l, erased)
			if _, err := l.EraseValue(t.Context(), erased, true, false); err != nil {
				t.Fatal(err)
			}
			for _, spelling := range []string{written, "+1 415 555 0132"} {
				if got := linkertest.LinkOne(t, l, normalized(t, c.laterIn, spelling)); got.PrimaryID != 0 || len(got.Refused) != 1 {
					t.Errorf("%s is let in: %+v", spelling, got)
				}
			}
			if got := linkertest.LinkOne(t, l, normalized(t, c.laterIn, "+1 415 555 0133")); got.PrimaryID == 0 {
				t.Error("another number is kept out")
			}
		})
	}
}

// Fails when what was suppressed comes back after a change of the key, when new digests are not under
// the first key, or when it cannot be told which keys are still needed.
func TestSuppressionSurvivesANewKey(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	older, newer := suppression.Key(linkertest.ErasureKey), suppression.Key(newKey)
	l := linkertest.Open(t, db.Config, older)
	suppress := func(l *linkertest.System, o identity.Observation) {
		t.Helper()
		linkertest.LinkOne(t, l, o)
		if _, err := l.EraseValue(t.Context(), o, true, false); err != nil {
			t.Fatal(err)
		}
	}
	suppress(l, linkertest.Saw("old@x.example", ""))
	suppress(l, linkertest.Saw("", "111"))
	both := linkertest.Open(t, db.Config, newer, older)
	suppress(both, linkertest.Saw("new@x.example", ""))
	for _, o := range []identity.Observation{linkertest.Saw("old@x.example", ""), linkertest.Saw("", "111"), linkertest.Saw("new@x.example", "")} {
		if got := linkertest.LinkOne(t, both, o); got.PrimaryID != 0 {
			t.Errorf("%+v is let in", o)
		}
	}
	onlyNew := linkertest.Open(t, db.Config, newer)
	for name, c := range map[string]struct {
		linker *linkertest.System
		want   []suppression.KeyUse
	}{
		"both": {both, []suppression.KeyUse{{KeyID: newer.ID(), Suppressions: 1, Configured: true}, {KeyID: older.ID(), Suppressions: 2, Configured: true}}},
		"new":  {onlyNew, []suppression.KeyUse{{KeyID: newer.ID(), Suppressions: 1, Configured: true}, {KeyID: older.ID(), Suppressions: 2}}},
	} {
		got, err := c.linker.KeyUses(t.Context())
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
	if got := linkertest.LinkOne(t, onlyNew, linkertest.Saw("old@x.example", "")); got.PrimaryID == 0 {
		t.Error("without its key a value is recognised: this test tests nothing")
	}
}

// Fails when a lifted value does not link again, when a dry run lifts, or when lifting one value lifts
// another.
func TestLiftSuppressions(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	values := []identity.Observation{linkertest.Saw("a@x.example", ""), linkertest.Saw("", "+14155550132"), linkertest.Saw("b@x.example", ""), linkertest.Saw("", "+494155550132")}
	for _, o := range values {
		linkertest.LinkOne(t, l, o)
		if _, err := l.EraseValue(t.Context(), o, true, false); err != nil {
			t.Fatal(err)
		}
	}
	ids := linkertest.Column(t, db.Pool, "SELECT id FROM suppressions ORDER BY id")
	wantIn := func(o identity.Observation, want bool) {
		t.Helper()
		if got := linkertest.LinkOne(t, l, o).PrimaryID != 0; got != want {
			t.Errorf("%+v is let in: %v, want %v", o, got, want)
		}
	}
	wantCode := func(_ any, err error) func(identity.Code) {
		return func(want identity.Code) {
			t.Helper()
			if got := identity.CodeOf(err); got != want {
				t.Errorf("got %v, want %s", err, want)
			}
		}
	}
	keyID := suppression.Key(linkertest.ErasureKey).ID()
	for _, dry := range []bool{true, false} {
		got, err := l.Lift(t.Context(), ids[0], dry)
		want := suppression.Suppression{ID: ids[0], Field: identity.FieldEmail, KeyID: keyID}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(want, "CreatedAt")); diff != "" || err != nil || got.CreatedAt.IsZero() {
			t.Errorf("dry run %v: %v (-want +got):\n%s", dry, err, diff)
		}
		wantIn(values[0], !dry)
		if got, err := l.LiftValue(t.Context(), values[1], dry); err != nil || len(got) != 1 || got[0].ID != ids[1] || got[0].Field != identity.FieldPhone {
			t.Errorf("dry run %v: %+v, %v", dry, got, err)
		}
		wantIn(values[1], !dry)
	}
	wantIn(values[2], false)
	wantIn(values[3], false)
	wantIn(linkertest.Saw("", "04155550132"), false) // the national form of the number that is still suppressed
	wantCode(l.Lift(t.Context(), ids[0], false))(identity.CodeRecordNotFound)
	wantCode(l.LiftValue(t.Context(), values[1], false))(identity.CodeRecordNotFound)
	wantCode(l.LiftValue(t.Context(), linkertest.Saw("a@x.example", "1"), false))(identity.CodeInvalidRequest)
	wantCode(linkertest.Open(t, db.Config).LiftValue(t.Context(), values[2], false))(identity.CodeErasureKeyMissing)
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM suppression_digests WHERE suppression_id NOT IN (SELECT id FROM suppressions)"); n != 0 {
		t.Errorf("%d digests are left", n)
	}
}

// Fails when two lifts of one suppression both say that they ended it.
func TestOnlyOneLifts(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db := mysqltest.NewDB(t)
	l := linkertest.OpenPatient(t, db, suppression.Key(linkertest.ErasureKey))
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", ""))
	if _, err := l.Erase(t.Context(), 1, true, false); err != nil {
		t.Fatal(err)
	}
	id := linkertest.One[uint64](t, db.Pool, "SELECT id FROM suppressions")
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "SELECT id FROM suppressions WHERE id = ? FOR UPDATE", id)
	lifted := make(chan error, 1)
	go func() {
		_, err := l.Lift(context.WithoutCancel(t.Context()), id, false)
		lifted <- err
	}()
	linkertest.WaitBlocked(t, other, db.Pool)
	linkertest.Exec(t, other, "DELETE FROM suppressions WHERE id = ?", id)
	if err := other.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-lifted; identity.CodeOf(err) != identity.CodeRecordNotFound {
		t.Errorf("got %v, want %s", err, identity.CodeRecordNotFound)
	}
}
