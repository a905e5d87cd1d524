package mysql

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// place is the target of a URL, as the driver will use it.
type place struct{ Net, Addr, User, Password, Database, TLS, Others string }

func placeOf(c Config) place {
	d := c.driver
	return place{d.Net, d.Addr, d.User, d.Passwd, d.DBName, d.TLSConfig, strings.Join(c.others, " ")}
}

// Fails when a form of URL that hosting companies use is misread.
func TestParseURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]place{
		"mysql://ann:secret@db.example:3307/shop":       {"tcp", "db.example:3307", "ann", "secret", "shop", "", ""},
		"mysql://ann@db.example/shop":                   {"tcp", "db.example:3306", "ann", "", "shop", "", ""},
		"mysql://ann:p%40ss%2Fw%3Ard@db/shop":           {"tcp", "db:3306", "ann", "p@ss/w:rd", "shop", "", ""},
		"mysql://ann:s@[2001:db8::7]:3307/shop":         {"tcp", "[2001:db8::7]:3307", "ann", "s", "shop", "", ""},
		"mysql://ann:s@[2001:db8::7]/shop":              {"tcp", "[2001:db8::7]:3306", "ann", "s", "shop", "", ""},
		"mysql://ann:s@db/shop?tls=true":                {"tcp", "db:3306", "ann", "s", "shop", "true", ""},
		"mysql://ann:s@db/shop?ssl-mode=REQUIRED":       {"tcp", "db:3306", "ann", "s", "shop", "skip-verify", ""},
		"mysql://ann:s@db/shop?ssl-mode=VERIFY_CA":      {"tcp", "db:3306", "ann", "s", "shop", "true", ""},
		"mysql://ann:s@a,b:3307,[2001:db8::7]/shop":     {"tcp", "a:3306", "ann", "s", "shop", "", "b:3307 [2001:db8::7]:3306"},
		"mysql://ann:s%40@a:3307,b/shop?tls=true":       {"tcp", "a:3307", "ann", "s@", "shop", "true", "b:3306"},
		"mysql://ann@localhost/shop?socket=%2Frun%2Fdb": {"unix", "/run/db", "ann", "", "shop", "", ""},
	} {
		c, err := ParseURL(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if diff := cmp.Diff(want, placeOf(c)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
		again, err := ParseURL(c.URL())
		if err != nil {
			t.Fatalf("%s: URL does not parse: %v", raw, err)
		}
		want.TLS = "" // parameters are not part of URL
		if diff := cmp.Diff(want, placeOf(again)); diff != "" {
			t.Errorf("%s, through URL (-want +got):\n%s", raw, diff)
		}
	}
}

// Fails when a URL can remove settings that the linker relies on, or when the caller's own settings
// are lost.
func TestParseURLSettings(t *testing.T) {
	t.Parallel()
	c, err := ParseURL("mysql://ann@db/shop?timeout=2s&parseTime=false&interpolateParams=false&innodb_lock_wait_timeout=7")
	if err != nil {
		t.Fatal(err)
	}
	d := c.driver
	if !d.ParseTime || !d.InterpolateParams || !d.ClientFoundRows || d.Timeout != 2*time.Second {
		t.Errorf("parseTime %v, interpolateParams %v, clientFoundRows %v, timeout %v",
			d.ParseTime, d.InterpolateParams, d.ClientFoundRows, d.Timeout)
	}
	want := map[string]string{"time_zone": "'+00:00'", "eq_range_index_dive_limit": "1", "innodb_lock_wait_timeout": "7"}
	if diff := cmp.Diff(want, d.Params); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when a wrong URL is accepted, when the message does not say what is wrong, or when it
// contains the password.
func TestParseURLRefuses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"postgres://ann:hunter2@db/shop":                "mysql://",
		"ann:hunter2@tcp(db:3306)/shop":                 "",
		"mysql://ann:hunter2@db":                        "/database",
		"mysql://ann:hunter2@db/a/b":                    "/database",
		"mysql://:hunter2@db/shop":                      "user",
		"mysql://ann:hunter2@/shop":                     "host",
		"mysql://ann:hunter2%zz@db/shop":                "percent-encoded",
		"mysql://ann:hunter2@db:port/shop":              "URL",
		"mysql://ann:hunter2@db/shop?tls=hunter2":       "parameter",
		"mysql://ann:hunter2@db/shop?timeout=hunter2":   "parameter",
		"mysql://ann:hunter2@db/shop?ssl-mode=SOMEWHAT": "ssl-mode",
		"mysql://ann:hunter2@a,,b/shop":                 "host",
		"mysql://ann:hunter2@a,b:port/shop":             "host",
		"mysql://ann:hunter2@a,b/shop?socket=%2Frun":    "either",
	} {
		_, err := ParseURL(raw)
		if err == nil {
			t.Errorf("%s: accepted", raw)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %q; want it to name %q and no password", raw, err, want)
		}
	}
}

// Fails when a printed config contains the password.
func TestStringHasNoPassword(t *testing.T) {
	t.Parallel()
	c, err := ParseURL("mysql://ann:hunter2@db/shop")
	if err != nil {
		t.Fatal(err)
	}
	got := c.WithPassword("hunter3").WithHost("other:1").WithDatabase("x").String()
	if want := "ann@other:1/x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := c.String(); got != "ann@db:3306/shop" {
		t.Errorf("WithX changed the original: %q", got)
	}
}
