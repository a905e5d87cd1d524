package apikey_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysqltest"
)

func TestMain(m *testing.M) { mysqltest.Main(m) }

// start returns the keys of a database as a process has them.
func start(t *testing.T, db *mysqltest.DB, admin string) *apikey.Ring {
	t.Helper()
	r := apikey.Start(db.Pool, admin, slog.New(slog.DiscardHandler))
	t.Cleanup(r.Close)
	return r
}

// eventually waits until a key is checked so; nil is for a key that works.
func eventually(t *testing.T, r *apikey.Ring, key string, want error) apikey.Caller {
	t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		caller, err := r.Check(key)
		if errors.Is(err, want) {
			return caller
		}
		if time.Now().After(end) {
			t.Fatalf("got %v, want %v", err, want)
		}
	}
}

func create(t *testing.T, k *apikey.Keeper, r apikey.Request) (apikey.Key, string) {
	t.Helper()
	created, text, err := k.Create(t.Context(), r, apikey.Caller{})
	if err != nil {
		t.Fatal(err)
	}
	return created, text
}

// Fails when a key does not work in every process, works after it was revoked or has expired, or when a wrong
// secret works.
func TestCheck(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	keeper, one, other := apikey.NewKeeper(db.Pool), start(t, db, ""), start(t, db, "")
	eventually(t, one, "idk_a_b", apikey.ErrNoKeys)
	made, key := create(t, keeper, apikey.Request{Name: "shop", Grant: apikey.Grant{apikey.Identify}})
	for _, r := range []*apikey.Ring{one, other} {
		want := apikey.Caller{KeyID: made.ID, Grant: apikey.Grant{apikey.Identify}}
		if diff := cmp.Diff(want, eventually(t, r, key, nil)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
	create(t, keeper, apikey.Request{Name: "another", Grant: apikey.Grant{apikey.Identify}})
	short, brief := create(t, keeper, apikey.Request{Name: "soon over", Grant: apikey.Grant{apikey.All}, ExpiresAt: time.Now().Add(3 * time.Second)})
	eventually(t, one, brief, nil)
	if brief == key || short.ExpiresAt.IsZero() {
		t.Errorf("%+v", short)
	}
	for _, wrong := range []string{"", key[:len(key)-1], key + "x", strings.ToUpper(key), "idk_" + made.Prefix[4:], made.Prefix + "_", "ADMIN_KEY", "idk_ADMIN_KEY_"} {
		if _, err := one.Check(wrong); !errors.Is(err, apikey.ErrUnknown) {
			t.Errorf("%d characters: %v", len(wrong), err)
		}
	}
	eventually(t, one, brief, apikey.ErrUnknown) // it expires
	if _, err := keeper.Revoke(t.Context(), made.ID, "tried", apikey.Caller{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, one, key, apikey.ErrUnknown)
	eventually(t, other, key, apikey.ErrUnknown)
}

// Fails when the database has the secret, or the list lacks what was done with a key.
func TestList(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	keeper := apikey.NewKeeper(db.Pool)
	expires := time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	boss, _ := create(t, keeper, apikey.Request{Name: "boss", Grant: apikey.Grant{apikey.WriteKeys, apikey.Identify}})
	by := apikey.Caller{KeyID: boss.ID, Grant: boss.Grant}
	one, key, err := keeper.Create(t.Context(), apikey.Request{Name: "one", Grant: apikey.Grant{apikey.Identify}, ExpiresAt: expires}, by)
	if err != nil {
		t.Fatal(err)
	}
	two, _, err := keeper.Rotate(t.Context(), one.ID, time.Hour, by)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := keeper.Revoke(t.Context(), two.ID, "leaked", by); err != nil {
			t.Fatal(err)
		}
	}
	got, err := keeper.List(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []apikey.Key{
		boss,
		{ID: one.ID, Name: "one", Prefix: one.Prefix, Grant: one.Grant, CreatedBy: boss.ID},
		{ID: two.ID, Name: "one", Prefix: two.Prefix, Grant: one.Grant, CreatedBy: boss.ID, ReplacesID: one.ID, RevokedBy: boss.ID, Reason: "leaked"},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreTypes(time.Time{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if left := time.Until(got[1].ExpiresAt); left < 55*time.Minute || left > time.Hour {
		t.Errorf("the rotated key works for %s", left)
	}
	// As long as the old one was meant to.
	if d := got[2].ExpiresAt.Sub(expires); d < -time.Minute || d > time.Minute || got[2].RevokedAt.IsZero() {
		t.Errorf("%+v", got[2])
	}
	if part, err := keeper.List(t.Context(), one.ID, 1); err != nil || len(part) != 1 || part[0].ID != two.ID {
		t.Errorf("%+v %v", part, err)
	}
	secret := key[strings.LastIndex(key, "_")+1:]
	var found int
	if err := db.Pool.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM api_keys
		WHERE INSTR(CONCAT_WS(' ', selector, name, scopes, reason), ?) OR INSTR(verifier, ?)`, secret, secret).Scan(&found); err != nil || found > 0 {
		t.Errorf("the secret is in %d rows, %v", found, err)
	}
}

// Fails when a key gives away more than it has, by making a key or by rotating a stronger one.
func TestNoMoreThanOwnScopes(t *testing.T) {
	t.Parallel()
	keeper := apikey.NewKeeper(mysqltest.NewDB(t).Pool)
	strong, _ := create(t, keeper, apikey.Request{Name: "strong", Grant: apikey.Grant{apikey.All}})
	weak := apikey.Caller{KeyID: 99, Grant: apikey.Grant{apikey.WriteKeys}}
	for _, g := range []apikey.Grant{{apikey.All}, {apikey.Identify}, {apikey.WriteKeys, apikey.Erase}} {
		if _, _, err := keeper.Create(t.Context(), apikey.Request{Name: "x", Grant: g}, weak); identity.CodeOf(err) != identity.CodeGrantTooWide {
			t.Errorf("%s: %v", g, err)
		}
	}
	if _, _, err := keeper.Rotate(t.Context(), strong.ID, 0, weak); identity.CodeOf(err) != identity.CodeGrantTooWide {
		t.Errorf("rotate: %v", err)
	}
	if _, _, err := keeper.Create(t.Context(), apikey.Request{Name: "x", Grant: apikey.Grant{apikey.WriteKeys}}, weak); err != nil {
		t.Error(err)
	}
	if all, err := keeper.List(t.Context(), 0, 10); err != nil || len(all) != 2 || !all[0].ExpiresAt.IsZero() {
		t.Errorf("%+v %v", all, err)
	}
}

// Fails when a key that does not work any more is rotated, or one that does not exist.
func TestRotateWhatDoesNotWork(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	keeper := apikey.NewKeeper(db.Pool)
	revoked, _ := create(t, keeper, apikey.Request{Name: "a", Grant: apikey.Grant{apikey.All}})
	if _, err := keeper.Revoke(t.Context(), revoked.ID, "", apikey.Caller{}); err != nil {
		t.Fatal(err)
	}
	expired, _ := create(t, keeper, apikey.Request{Name: "b", Grant: apikey.Grant{apikey.All}, ExpiresAt: time.Now().Add(time.Millisecond)})
	time.Sleep(5 * time.Millisecond)
	eventually(t, start(t, db, strings.Repeat("s", 32)), strings.Repeat("s", 32), nil)
	all, err := keeper.List(t.Context(), expired.ID, 1)
	if err != nil || len(all) != 1 || all[0].Prefix != "" {
		t.Fatalf("%+v %v", all, err)
	}
	for id, want := range map[uint64]identity.Code{
		revoked.ID: identity.CodeKeyNotRotatable, expired.ID: identity.CodeKeyNotRotatable, all[0].ID: identity.CodeKeyNotRotatable, 999: identity.CodeRecordNotFound,
	} {
		if _, _, err := keeper.Rotate(t.Context(), id, 0, apikey.Caller{}); identity.CodeOf(err) != want {
			t.Errorf("key %d: %v, want %s", id, err, want)
		}
	}
	if _, err := keeper.Revoke(t.Context(), 999, "", apikey.Caller{}); identity.CodeOf(err) != identity.CodeRecordNotFound {
		t.Error(err)
	}
}

// Fails when the key of the setting does not work, or an earlier one still does.
func TestAdminKey(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	first, second := strings.Repeat("1", 32), strings.Repeat("2_", 16)
	one := start(t, db, first)
	caller := eventually(t, one, first, nil)
	if !caller.Grant.Allows(apikey.Erase) || caller.KeyID == 0 {
		t.Errorf("%+v", caller)
	}
	if _, err := apikey.NewKeeper(db.Pool).Revoke(t.Context(), caller.KeyID, "", apikey.Caller{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, one, first, apikey.ErrNoKeys)
	other := start(t, db, second)
	if again := eventually(t, other, second, nil); again.KeyID != caller.KeyID {
		t.Errorf("it is key %d now", again.KeyID)
	}
	eventually(t, one, first, apikey.ErrUnknown)
}

// Fails when the use of a key is not recorded when the service stops, or makes it look used earlier.
func TestLastUsed(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	keeper := apikey.NewKeeper(db.Pool)
	made, key := create(t, keeper, apikey.Request{Name: "a", Grant: apikey.Grant{apikey.All}})
	for range 2 {
		r := apikey.Start(db.Pool, "", slog.New(slog.DiscardHandler))
		before := time.Now().Add(-time.Millisecond)
		eventually(t, r, key, nil)
		r.Close()
		all, err := keeper.List(t.Context(), made.ID-1, 1)
		if err != nil || all[0].LastUsedAt.Before(before) {
			t.Fatalf("%+v %v", all, err)
		}
	}
}

// Fails when keys that were read are forgotten while the database is away, or are wrong after it is back.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	server := mysqltest.NewServer(t)
	db := server.NewDB(t)
	made, key := create(t, apikey.NewKeeper(db.Pool), apikey.Request{Name: "a", Grant: apikey.Grant{apikey.All}})
	r := start(t, db, "")
	eventually(t, r, key, nil)
	server.Kill(t)
	time.Sleep(time.Second)
	if _, err := r.Check(key); err != nil {
		t.Error(err)
	}
	late := start(t, db, "")
	if _, err := late.Check(key); !errors.Is(err, apikey.ErrNotLoaded) {
		t.Errorf("a process that has not read the keys: %v", err)
	}
	server.Start(t)
	if _, err := apikey.NewKeeper(db.Pool).Revoke(context.Background(), made.ID, "", apikey.Caller{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, r, key, apikey.ErrNoKeys)
}

// Fails when a scope is lost, allows what it should not, or a mistake is not explained.
func TestGrants(t *testing.T) {
	t.Parallel()
	got, err := apikey.ParseGrant([]string{"erase", "identify", "erase"})
	if err != nil || !slices.Equal(got, apikey.Grant{apikey.Identify, apikey.Erase}) {
		t.Errorf("%v %v", got, err)
	}
	if got.Allows(apikey.Decide) || !got.Allows(apikey.Erase) || !(apikey.Grant{apikey.All}).Covers(got) || got.Covers(apikey.Grant{apikey.All}) {
		t.Error("it allows something else")
	}
	for _, wrong := range [][]string{nil, {"Erase"}, {"identify", "read"}} {
		if _, err := apikey.ParseGrant(wrong); err == nil || !strings.Contains(err.Error(), "identify, contacts:read, decisions:write") {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}
