package suppression_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/lanes"
	"github.com/identikit/identikit/internal/linker/linkertest"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/mysqltest"
	"github.com/identikit/identikit/internal/suppression"
)

func erasedEmail() identity.Refusal {
	return identity.NewRefusal(identity.ReasonErased, identity.FieldEmail)
}

func erasedPhone() identity.Refusal {
	return identity.NewRefusal(identity.ReasonErased, identity.FieldPhone)
}

// Fails when a suppressed value comes back by any way in, when the value beside it is lost, or when
// the answer does not say what was refused.
func TestSuppressedValuesStayOut(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T, *linkertest.System) linkertest.Linker{
		"linker": func(_ *testing.T, l *linkertest.System) linkertest.Linker { return l },
		"lanes": func(t *testing.T, l *linkertest.System) linkertest.Linker {
			lanes := lanes.New(l.Linker, slog.New(slog.DiscardHandler))
			t.Cleanup(lanes.Stop)
			return lanes
		},
	} {
		for kind, size := range map[string]int{"one by one": 1, "at once": 100} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				db := mysqltest.NewDB(t)
				eraser := linkertest.OpenEraser(t, db)
				l := open(t, eraser)
				linkertest.LinkOne(t, l, linkertest.Saw("gone@x.example", "111"))
				linkertest.LinkOne(t, l, linkertest.Saw("stays@x.example", "222"))
				if got, err := eraser.Erase(t.Context(), 1, true, false); err != nil || !got.Suppressed {
					t.Fatalf("%+v, %v", got, err)
				}
				var got []identity.Cluster
				for slice := range slices.Chunk(suppressedObservations(), size) {
					answers, err := l.Link(t.Context(), slice)
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, answers...)
				}
				checkSuppressed(t, got)
				after := linkertest.Dump(t, db.Pool)
				if bytes.Contains(after, []byte("gone@x.example")) || strings.Contains("\n"+string(after), "\n111\n") {
					t.Errorf("the value is back:\n%s", after)
				}
			})
		}
	}
}

func suppressedObservations() []identity.Observation {
	return []identity.Observation{
		linkertest.Saw("gone@x.example", "111"), linkertest.Saw("gone@x.example", ""), linkertest.Saw("gone@x.example", "222"),
		linkertest.Saw("new@x.example", "111"), linkertest.Saw("gone@x.example", "333"), linkertest.Saw("new@x.example", "333"),
	}
}

// checkSuppressed does not look at ids: what is taken back uses some up.
func checkSuppressed(t *testing.T, got []identity.Cluster) {
	t.Helper()
	stays := identity.Cluster{Emails: []string{"stays@x.example"}, Phones: []string{"222"}, Refused: []identity.Refusal{erasedEmail()}}
	want := []identity.Cluster{
		{Refused: []identity.Refusal{erasedEmail(), erasedPhone()}},
		{Refused: []identity.Refusal{erasedEmail()}},
		stays,
		{Emails: []string{"new@x.example"}, Phones: []string{}, Refused: []identity.Refusal{erasedPhone()}},
		{Emails: []string{}, Phones: []string{"333"}, Refused: []identity.Refusal{erasedEmail()}},
		{Emails: []string{"new@x.example"}, Phones: []string{"333"}},
	}
	for i := range got {
		if (got[i].PrimaryID == 0) != (want[i].Emails == nil) {
			t.Errorf("answer %d has primary %d", i, got[i].PrimaryID)
		}
		got[i].PrimaryID, got[i].SecondaryIDs = 0, nil
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
}

// Fails when an import lets a suppressed value in, or loses count of what it left out.
func TestImportLeavesSuppressedValuesOut(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	linkertest.LinkOne(t, l, linkertest.Saw("gone@x.example", "111"))
	if _, err := l.Erase(t.Context(), 1, true, false); err != nil {
		t.Fatal(err)
	}
	for run, want := range []cluster.Counts{{Erased: 5, Merged: 1}, {Erased: 5, Unchanged: 1}} {
		got, err := l.Import(t.Context(), suppressedObservations())
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("run %d: %v (-want +got):\n%s", run, err, diff)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM contacts WHERE email = 'gone@x.example' OR phone_number = '111'"); n != 0 {
		t.Error("the value is back")
	}
}

// Fails when suppression is not undone with a dry run, or an erasure without suppress keeps the
// value out.
func TestOnlySuppressionSuppresses(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	c := linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", ""))
	if _, err := l.Erase(t.Context(), c.PrimaryID, true, true); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), c.PrimaryID, false, false); err != nil {
		t.Fatal(err)
	}
	if got := linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "")); got.PrimaryID == 0 || got.Refused != nil {
		t.Errorf("got %+v", got)
	}
}

// Fails when what is kept can be found again without the key: with a plain hash, all phone numbers
// can be tried.
func TestSuppressionKeepsAKeyedDigest(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	l := linkertest.OpenEraser(t, db)
	linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "111"))
	for range 2 { // the second time, a process without the key had let them in
		if _, err := l.EraseValue(t.Context(), linkertest.Saw("a@x.example", ""), true, false); err != nil {
			t.Fatal(err)
		}
		linkertest.LinkOne(t, linkertest.Open(t, db.Config), linkertest.Saw("a@x.example", ""))
		if c := linkertest.LinkOne(t, l, linkertest.Saw("a@x.example", "")); c.Refused != nil {
			t.Errorf("what is stored is refused: %+v", c)
		}
	}
	if diff := cmp.Diff(digestOf("a@x.example"), linkertest.One[string](t, db.Pool, "SELECT HEX(digest) FROM suppressions")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// digestOf spells out what is kept of an e-mail.
func digestOf(email string) string {
	mac := hmac.New(sha256.New, []byte(linkertest.ErasureKey))
	mac.Write([]byte("email\x00" + email)) // the name of the field, a zero, the value
	return fmt.Sprintf("%X", mac.Sum(nil))
}

// Fails when the look for suppressed values comes before the insert: here the value is inserted by
// another process, erased and suppressed just in between.
func TestErasedBetweenLookAndInsert(t *testing.T) { //nolint:paralleltest // see waitBlocked
	db, _ := linkertest.Seeded(t)
	l := linkertest.OpenEraser(t, db)
	const held = "99000015005" // amid the others: who waits for it keeps the gap before it, too
	patient := linkertest.OpenPatient(t, db, suppression.Key(linkertest.ErasureKey))
	other := linkertest.Begin(t, db.Pool)
	linkertest.Exec(t, other, "INSERT INTO contacts (phone_number, link_precedence) VALUES (?, 'primary')", held)
	done := make(chan []identity.Cluster, 1)
	go func() { // the rows are inserted in this order: the first waits
		clusters, err := patient.Link(t.Context(), []identity.Observation{linkertest.Saw("", held), linkertest.Saw("gone@x.example", "")})
		if err != nil {
			t.Error(err)
		}
		done <- clusters
	}()
	linkertest.WaitBlocked(t, other, db.Pool)
	linkertest.LinkOne(t, l, linkertest.Saw("gone@x.example", ""))
	if _, err := l.EraseValue(t.Context(), linkertest.Saw("gone@x.example", ""), true, false); err != nil {
		t.Fatal(err)
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	got := <-done
	if len(got) != 2 || got[0].PrimaryID == 0 || got[1].PrimaryID != 0 || !slices.Equal(got[1].Refused, []identity.Refusal{erasedEmail()}) {
		t.Errorf("got %+v", got)
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM contacts WHERE email = 'gone@x.example'"); n != 0 {
		t.Error("the value is back")
	}
}

// Fails when a value that was suppressed under a flood of requests about it is stored again.
func TestSuppressedUnderFlood(t *testing.T) {
	t.Parallel()
	db, _ := linkertest.Seeded(t)
	const values = 20
	var traffic sync.WaitGroup
	for worker := range 4 {
		groups, l := lanes.New(linkertest.OpenEraser(t, db).Linker, slog.New(slog.DiscardHandler)), linkertest.OpenEraser(t, db)
		t.Cleanup(groups.Stop)
		traffic.Go(func() {
			for i := range 5 * values {
				if _, err := groups.Link(t.Context(), []identity.Observation{linkertest.Numbered(1, 1+i%values, 1+i/7)}); err != nil {
					t.Errorf("link: %v", err)
				}
				_, err := l.EraseValue(t.Context(), linkertest.Numbered(1, 1+(i*7+worker)%values, 0), true, false)
				if err != nil && identity.CodeOf(err) != identity.CodeRecordNotFound {
					t.Errorf("erase: %v", err)
				}
			}
		})
	}
	traffic.Wait()
	for i := range values {
		email := linkertest.Numbered(1, 1+i, 0).Email
		suppressed := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM suppressions WHERE digest = 0x"+digestOf(email))
		if back := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM contacts WHERE email = '"+email+"'"); back+suppressed > 1 {
			t.Errorf("%s was suppressed and is stored", email)
		}
	}
	if n := linkertest.One[int](t, db.Pool, "SELECT COUNT(*) FROM suppressions"); n < values/2 {
		t.Errorf("only %d values were suppressed: this tests less than it says", n)
	}
}

// Fails when the answer to what is known, or a linker without a key, looks for suppressed values.
func TestSuppressionCostsNothingElse(t *testing.T) {
	t.Parallel()
	db := mysqltest.NewDB(t)
	for name, c := range map[string]struct {
		keys      suppression.Keys
		new, same int // SELECTs for a new and for a known observation
	}{
		"without a key": {nil, 2, 2},
		"with a key":    {suppression.Keys{[]byte(linkertest.ErasureKey)}, 3, 2},
	} {
		pool, err := mysql.Open(db.Config, 1)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { pool.Close() })
		l := linkertest.New(pool, cluster.Policy{}, c.keys...)
		selects := func() (n int) {
			var variable string
			if err := pool.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Com_select'").Scan(&variable, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		o := linkertest.Saw(strings.ReplaceAll(name, " ", "")+"@x.example", "")
		for i, want := range []int{c.new, c.same} {
			before := selects()
			linkertest.LinkOne(t, l, o)
			if got := selects() - before; got != want {
				t.Errorf("%s, time %d: %d SELECTs, want %d", name, i, got, want)
			}
		}
	}
}

// Fails when a way of printing shows the key.
func TestErasureKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	key := suppression.Key(linkertest.ErasureKey)
	var printed bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		fmt.Fprintf(&printed, verb+"\n", key)
		fmt.Fprintf(&printed, verb+"\n", struct{ Key suppression.Key }{key})
	}
	if err := json.NewEncoder(&printed).Encode(key); err != nil {
		t.Fatal(err)
	}
	slog.New(slog.NewJSONHandler(&printed, nil)).Info("x", "key", key)
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "key", key)
	text := printed.String()
	for _, secret := range []string{linkertest.ErasureKey[:5], fmt.Sprintf("%x", linkertest.ErasureKey[:5]), fmt.Sprintf("%X", linkertest.ErasureKey[:5]), "48 49 50", "0x30", "MDEyMz"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q is in:\n%s", secret, text)
		}
	}
}
