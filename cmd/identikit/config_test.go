package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/suppression"
)

// password is part of settings that are refused. It must not be printed.
const password = "hunter2%23"

// Fails when a wrong setting is accepted, when the error does not say what would be accepted, or
// when a password is printed.
func TestWrongSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, env, part string }{
		{"port", "PORT=http", `PORT is "http"; it must be a number from 0 to 65535`},
		{"port too high", "PORT=70000", `PORT is "70000"`},
		{"connections", "DATABASE_MAX_CONNECTIONS=7", "a number from 8 to 10000"},
		{"level", "LOG_LEVEL=loud", "debug or info or warn or error"},
		{"region", "DEFAULT_REGION=Europe", "the two letters of a country, such as US"},
		{"time without unit", "REQUEST_TIMEOUT=10", "a time from 100ms to 10m, such as 10s"},
		{"time too short", "SHUTDOWN_TIMEOUT=0s", "a time from 1s to 10m, such as 20s"},
		{"retention too short", "EVENTS_RETENTION=1m", "a time from 1h to 876000h, such as 720h"},
		{"retention in days", "EVENTS_RETENTION=30d", "such as 720h"},
		{"environment", "APP_ENV=prod", "development or production"},
		{"another database", "DATABASE_URL=postgres://u:" + password + "@h/d", "DATABASE_URL must begin with mysql://"},
		{"no database", "DATABASE_URL=mysql://u:" + password + "@h:3306", "DATABASE_URL must end with /database"},
		{"no user", "DATABASE_URL=mysql://:" + password + "@h:3306/d", "DATABASE_URL must name a user"},
		{"raw password", "DATABASE_URL=mysql://u:" + password + "%zz@h:3306/d", "percent-encoded"},
		{"bad port", "DATABASE_URL=mysql://u:" + password + "@h:port/d", "DATABASE_URL "},
		{"bad parameter", "DATABASE_URL=mysql://u:" + password + "@h/d?timeout=" + password, "DATABASE_URL "},
		{"unknown TLS", "DATABASE_URL=mysql://u:" + password + "@h/d?tls=" + password, "DATABASE_URL"},
		{"password alone", "DATABASE_PASSWORD=" + password, "DATABASE_URL is missing"},
		{"host alone", "DATABASE_HOST=h", "DATABASE_URL is missing"},
		{"replicas alone", "DATABASE_READ_URL=mysql://u:" + password + "@h/d", "DATABASE_URL is missing; DATABASE_READ_URL only names its replicas"},
		{"lag", "DATABASE_READ_MAX_LAG=1s", "a time from 2s to 1h, such as 10s"},
		{"production", "APP_ENV=production", "DATABASE_URL is missing; with APP_ENV=production it must be mysql://"},
		{"short key", "ERASURE_KEY=hunter2-hunter2-hunter2-hunter2", "ERASURE_KEY is too short; it must be a secret of at least 32 bytes"},
		{"short second key", "ERASURE_KEY=hunter2-hunter2-hunter2-hunter2-hunter2,hunter2", "ERASURE_KEY has several keys, and key 2 is too short"},
		{"short admin key", "ADMIN_KEY=hunter2-hunter2", "ADMIN_KEY is too short; it must be a secret of at least 32 bytes"},
		{"admin key from identikit", "ADMIN_KEY=idk_hunter2_hunter2-hunter2-hunter2", "ADMIN_KEY begins with idk_"},
		{"auth", "AUTH=yes", "it must be required or open"},
		{"no connection", "MAX_CONNECTIONS=0", "a number from 1 to 1000000"},
		{"no home", "HOME=", "IDENTIKIT_DATA is missing, and so is HOME"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			home := t.TempDir()
			code, stdout, stderr := execute(t, []string{"HOME=" + home, c.env}, "serve")
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.part) || strings.Count(stderr, "\n") != 1 {
				t.Errorf("got code %d\nstdout: %s\nstderr: %s", code, stdout, stderr)
			}
			if strings.Contains(stderr, "hunter2") {
				t.Errorf("the password was printed: %s", stderr)
			}
			if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
				t.Errorf("something was started: %v %v", left, err)
			}
		})
	}
}

// Fails when problems are reported one at a time: the operator would have to restart for each.
func TestAllWrongSettingsAreReported(t *testing.T) {
	t.Parallel()
	_, _, stderr := execute(t, []string{"PORT=x", "LOG_LEVEL=y", "DATABASE_URL=z"}, "migrate", "up")
	for _, name := range []string{"PORT", "LOG_LEVEL", "DATABASE_URL"} {
		if !strings.Contains(stderr, "\n  "+name+" ") {
			t.Errorf("%s is not reported: %s", name, stderr)
		}
	}
}

// Fails when a default changes or a setting has no effect.
func TestConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  []string
		edit func(*config)
	}{
		{"defaults", nil, func(*config) {}},
		{"empty is the default", []string{"PORT=", "LOG_LEVEL= ", "APP_ENV="}, func(*config) {}},
		{"host in brackets", []string{"HOST=[::1]"}, func(c *config) { c.listen = "[::1]:3000" }},
		{"host and port", []string{"HOST=::1", "PORT=80"}, func(c *config) { c.listen = "[::1]:80" }},
		{"connections", []string{"MAX_CONNECTIONS=9"}, func(c *config) { c.maxConnections = 9 }},
		{"operators", []string{"OPS_ADDR=[::1]:9090"}, func(c *config) { c.ops = "[::1]:9090" }},
		{"operators on the port of another address", []string{"HOST=10.0.0.1", "OPS_ADDR=127.0.0.1:3000"}, func(c *config) {
			c.listen, c.ops, c.browsers.Hosts = "10.0.0.1:3000", "127.0.0.1:3000", []string{}
		}},
		{"level", []string{"LOG_LEVEL=WARN"}, func(c *config) { c.logLevel = slog.LevelWarn }},
		{"keys required", []string{"AUTH=required", "ADMIN_KEY=0123456789abcdef0123456789abcdef"}, func(c *config) {
			c.keysRequired, c.adminKey = true, "0123456789abcdef0123456789abcdef"
			c.listen, c.browsers.Hosts = ":3000", []string{}
		}},
		{"open to others", []string{"HOST=0.0.0.0"}, func(c *config) { c.listen, c.browsers.Hosts = "0.0.0.0:3000", []string{} }},
		{"pages", []string{"ALLOWED_HOSTS=Identikit.example.com, [::1]", "CORS_ORIGINS=https://shop.example.com"}, func(c *config) {
			c.browsers.Hosts = []string{"identikit.example.com", "::1"}
			c.browsers.Origins = []string{"https://shop.example.com"}
		}},
		{"no console", []string{"CONSOLE=off"}, func(c *config) { c.console = false }},
		{"quota", []string{"RATE_LIMIT=50"}, func(c *config) { c.quota = apikey.Quota{PerSecond: 50, Burst: 500} }},
		{"proxies", []string{"TRUSTED_PROXIES=10.0.0.0/8 192.0.2.1"}, func(c *config) {
			c.proxies = []*net.IPNet{
				{IP: net.IP{10, 0, 0, 0}, Mask: net.CIDRMask(8, 32)}, {IP: net.IP{192, 0, 2, 1}, Mask: net.CIDRMask(32, 32)},
			}
		}},
		{"times", []string{"REQUEST_TIMEOUT=1m30s", "SHUTDOWN_TIMEOUT=5s"}, func(c *config) {
			c.requestTimeout, c.shutdownTimeout = 90*time.Second, 5*time.Second
		}},
		{"retention", []string{"EVENTS_RETENTION=720h"}, func(c *config) { c.eventsRetention = 720 * time.Hour }},
		{"pool", []string{"DATABASE_MAX_CONNECTIONS=99"}, func(c *config) { c.database.maxConns = 99 }},
		{"folder", []string{"IDENTIKIT_DATA=/data"}, func(c *config) { c.database.dataDir = "/data" }},
		{"program", []string{"IDENTIKIT_MYSQLD=/opt/mysqld"}, func(c *config) { c.database.mysqld = "/opt/mysqld" }},
		{"key", []string{"ERASURE_KEY= 0123456789abcdef0123456789abcdef"}, func(c *config) {
			c.erasureKeys = []suppression.Key{suppression.Key("0123456789abcdef0123456789abcdef")}
		}},
		{"keys", []string{"ERASURE_KEY=0123456789abcdef0123456789abcdef, abcdef0123456789abcdef0123456789\tfedcba9876543210fedcba9876543210"}, func(c *config) {
			c.erasureKeys = []suppression.Key{
				suppression.Key("0123456789abcdef0123456789abcdef"), suppression.Key("abcdef0123456789abcdef0123456789"),
				suppression.Key("fedcba9876543210fedcba9876543210"),
			}
		}},
		{"XDG", []string{"XDG_DATA_HOME=/xdg"}, func(c *config) { c.database.dataDir = "/xdg/identikit" }},
		{"relative XDG is ignored", []string{"XDG_DATA_HOME=xdg"}, func(*config) {}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			home := &settings{values: map[string]string{"HOME": "/home/me"}}
			want := config{
				listen:          "127.0.0.1:3000",
				maxConnections:  4096,
				console:         true,
				browsers:        api.Browsers{Hosts: []string{"localhost", "127.0.0.1", "::1"}, Origins: []string{}},
				logSample:       1,
				policy:          cluster.Policy{ClusterValues: 1000},
				requestTimeout:  10 * time.Second,
				shutdownTimeout: 20 * time.Second,
				database:        databaseConfig{embedded: true, maxConns: 20, dataDir: userDataDir(home, runtime.GOOS)},
			}
			c.edit(&want)
			got, err := app{environ: append([]string{"HOME=/home/me"}, c.env...)}.loadConfig()
			if err != nil {
				t.Fatal(err)
			}
			got.normalizer = nil // has no exported fields to compare
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(config{}, databaseConfig{}, got.database.server)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Fails when a setting does not replace its part of the URL, or when the wrong password has to be
// encoded.
func TestDatabaseSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"as it is", nil, "mysql://me:p%40ss@db:3306/d"},
		{"host", []string{"DATABASE_HOST=other"}, "mysql://me:p%40ss@other:3306/d"},
		{"host and port", []string{"DATABASE_HOST=other:33"}, "mysql://me:p%40ss@other:33/d"},
		{"password", []string{"DATABASE_PASSWORD= a/b%20#"}, "mysql://me:%20a%2Fb%2520%23@db:3306/d"},
	} {
		got, err := app{environ: append([]string{"DATABASE_URL=mysql://me:p%40ss@db/d", "APP_ENV=production"}, c.env...)}.loadConfig()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got.database.server.URL()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

// Fails when the data folder is not where the system keeps user data.
func TestUserDataDir(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ system, want string }{
		{"linux", "/home/me/.local/share/identikit"},
		{"darwin", "/home/me/Library/Application Support/identikit"},
	} {
		got := userDataDir(&settings{values: map[string]string{"HOME": "/home/me"}}, c.system)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.system, diff)
		}
	}
}

// Fails when .env overrides the environment or is not read, or when an empty variable does not
// override it.
func TestDotEnv(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".env")
	write(t, path, "# a comment\nexport PORT=1\nHOST = here # why\nLOG_LEVEL=debug\nDATABASE_PASSWORD='a$b #c'\n")
	got, err := readSettings([]string{"PORT=2", "LOG_LEVEL=", "ODD"}, path)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"PORT": "2", "HOST": "here", "LOG_LEVEL": "", "DATABASE_PASSWORD": "a$b #c", "ODD": ""}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Fails when a mistake in .env is ignored, or reported without its line or with the secret on it.
func TestBrokenDotEnv(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, part string }{
		{"no name", "PORT=1\nDATABASE PASSWORD! hunter2\n", ".env: syntax error at line 2; each line must be NAME=value"},
		{"no value", "PORT=1\n\nhunter2\nHOST=x\n", "line 3"},
		{"no value at the end", "PORT=1\nhunter2", "line 2"},
		{"an open quote", "A='x\ny'\nPASSWORD='hunter2\nPORT=1\n", "line 3"},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, ".env"), c.text)
		p := start(t, dir, nil, "serve")
		if code := p.wait(t); code != exitUsage || !strings.Contains(p.output(), c.part) || strings.Contains(p.output(), "hunter2") {
			t.Errorf("%s: got code %d: %s", c.name, code, p.output())
		}
	}
}

// Fails when a .env that cannot be read is treated as missing.
func TestUnreadableDotEnv(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, ".env"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := readSettings(nil, filepath.Join(dir, ".env")); err == nil || errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
