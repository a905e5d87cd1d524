package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/identikit/identikit/internal/api"
	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/cluster"
	"github.com/identikit/identikit/internal/console"
	"github.com/identikit/identikit/internal/identity"
	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/suppression"
)

// config is the validated settings.
type config struct {
	production bool
	listen     string // host:port
	ops        string // host:port; "" for none
	// maxConnections is the most connections of clients at a time.
	maxConnections int
	logLevel       slog.Level
	logSample      float64           // share of the successful requests that are logged
	traces         map[string]string // the OTEL_ settings; nil for no traces
	normalizer     *identity.Normalizer
	policy         cluster.Policy

	requestTimeout  time.Duration
	shutdownTimeout time.Duration
	eventsRetention time.Duration // 0 keeps them forever

	keysRequired bool
	browsers     api.Browsers
	quota        apikey.Quota // of keys without their own
	proxies      []*net.IPNet
	adminKey     string // "" for none
	console      bool

	erasureKeys suppression.Keys // the first one is used for new digests

	database databaseConfig
}

// databaseConfig says which database to use: the configured one, or a private server.
type databaseConfig struct {
	embedded bool
	shared   bool         // use the private server of a running service, if there is one
	server   mysql.Config // if not embedded
	replicas *replicaConfig
	maxConns int
	limit    time.Duration // for one answer of the server; 0 for no limit
	dataDir  string        // if embedded
	mysqld   string        // if embedded; "" to search for one
}

// replicaConfig says which servers look-ups may use; nil for none.
type replicaConfig struct {
	servers mysql.Config
	maxLag  time.Duration
}

// loadConfig reads the environment and .env. Its errors are usageErrors and contain no secrets.
func (a app) loadConfig() (config, error) {
	values, err := readSettings(a.environ, ".env")
	if err != nil {
		return config{}, usageError(err.Error())
	}
	s := &settings{values: values}
	c := config{
		production:      s.oneOf("APP_ENV", "development", "development", "production") == "production",
		logLevel:        logLevel(s),
		logSample:       s.share("LOG_SAMPLE", 1),
		traces:          traceSettings(s),
		normalizer:      normalizer(s),
		policy:          policy(s),
		requestTimeout:  s.duration("REQUEST_TIMEOUT", 10*time.Second, 100*time.Millisecond, 10*time.Minute),
		shutdownTimeout: s.duration("SHUTDOWN_TIMEOUT", 20*time.Second, time.Second, 10*time.Minute),
		eventsRetention: eventsRetention(s),
		erasureKeys:     erasureKeys(s),
	}
	c.console = s.oneOf("CONSOLE", "on", "on", "off") == "on" && console.Included
	c.keysRequired, c.adminKey = auth(s, c.production)
	c.listen, c.maxConnections = listenAddress(s, c.keysRequired), s.integer("MAX_CONNECTIONS", 4096, 1, 1_000_000)
	c.ops = opsAddress(s, c.listen)
	c.browsers = browsers(s, c.listen)
	c.quota, c.proxies = quota(s), proxies(s)
	c.database = loadDatabase(s, c.production)
	return c, s.err()
}

// auth says whether requests need a key, and which key a setting gives.
func auth(s *settings, production bool) (required bool, admin string) {
	const least = 32 // bytes, as of Render's generateValue and of openssl rand
	usual := "open"
	if production {
		usual = "required"
	}
	if admin = s.text("ADMIN_KEY", ""); admin != "" && len(admin) < least {
		s.rejectUnquoted("ADMIN_KEY", fmt.Sprintf(
			"is too short; it must be a secret of at least %d bytes, such as from: openssl rand -base64 32", least))
	}
	if strings.HasPrefix(admin, apikey.Prefix) {
		s.rejectUnquoted("ADMIN_KEY", "begins with "+apikey.Prefix+"; it must be another secret than a key that identikit has made")
	}
	return s.oneOf("AUTH", usual, "required", "open") == "required", admin
}

// listenAddress is only this machine if anybody may do everything, unless HOST says otherwise.
func listenAddress(s *settings, keysRequired bool) string {
	usual := "127.0.0.1"
	if keysRequired {
		usual = ""
	}
	return net.JoinHostPort(strings.Trim(s.text("HOST", usual), "[]"), strconv.Itoa(s.integer("PORT", 3000, 0, 65535)))
}

// opsAddress is where the metrics are, "" if nowhere. They must not be where everybody is.
func opsAddress(s *settings, public string) string {
	address := s.text("OPS_ADDR", "")
	if address == "" {
		return ""
	}
	host, port, err := net.SplitHostPort(address)
	if n, wrong := strconv.ParseUint(port, 10, 16); err != nil || wrong != nil || strconv.FormatUint(n, 10) != port {
		s.reject("OPS_ADDR", "host:port, such as 127.0.0.1:9090, or :9090 for all addresses")
		return ""
	}
	publicHost, publicPort, _ := net.SplitHostPort(public) // it was joined
	all := func(host string) bool { return host == "" || net.ParseIP(host).IsUnspecified() }
	if port != "0" && port == publicPort && (all(host) || all(publicHost) || strings.EqualFold(host, publicHost)) {
		s.reject("OPS_ADDR", "another address than that of HOST and PORT, and one that cannot be reached from outside")
	}
	return address
}

func quota(s *settings) apikey.Quota {
	const most = 1_000_000
	q := apikey.Quota{
		PerSecond: uint32(s.integer("RATE_LIMIT", 0, 0, most)), //nolint:gosec // not negative
		Burst:     uint32(s.integer("RATE_BURST", 0, 0, most)), //nolint:gosec // likewise
	}
	if q.IsZero() && q.Burst > 0 {
		s.rejectUnquoted("RATE_BURST", "needs RATE_LIMIT, the number of requests a second")
	}
	return q.Full()
}

func proxies(s *settings) []*net.IPNet {
	var all []*net.IPNet
	for _, text := range s.list("TRUSTED_PROXIES") {
		if !strings.Contains(text, "/") {
			bits := "/32"
			if strings.Contains(text, ":") {
				bits = "/128"
			}
			text += bits
		}
		_, one, err := net.ParseCIDR(text)
		if err != nil {
			s.reject("TRUSTED_PROXIES", "addresses or ranges, separated by commas, such as 10.0.0.0/8")
			break
		}
		all = append(all, one)
	}
	return all
}

// browsers is which web pages may use the service. One that only this machine can reach has only the names of
// this machine, unless ALLOWED_HOSTS says otherwise.
func browsers(s *settings, listen string) api.Browsers {
	b := api.Browsers{Hosts: s.list("ALLOWED_HOSTS"), Origins: s.list("CORS_ORIGINS")}
	for i, host := range b.Hosts {
		b.Hosts[i] = strings.Trim(host, "[]")
		if strings.ContainsAny(host, "/:*") && net.ParseIP(b.Hosts[i]) == nil {
			s.reject("ALLOWED_HOSTS", "names without scheme and port, separated by commas, such as identikit.example.com")
		}
	}
	for _, origin := range b.Origins {
		if http.NewCrossOriginProtection().AddTrustedOrigin(origin) != nil {
			s.reject("CORS_ORIGINS", "origins, separated by commas, such as https://shop.example.com")
		}
	}
	host, _, _ := net.SplitHostPort(listen) // it was joined
	if ip := net.ParseIP(host); len(b.Hosts) == 0 && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		b.Hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	return b
}

func logLevel(s *settings) slog.Level {
	var level slog.Level
	word := s.oneOf("LOG_LEVEL", "info", "debug", "info", "warn", "error")
	_ = level.UnmarshalText([]byte(word)) // slog accepts all four
	return level
}

func normalizer(s *settings) *identity.Normalizer {
	n, err := identity.NewNormalizer(s.text("DEFAULT_REGION", ""))
	if err != nil {
		s.reject("DEFAULT_REGION", "the two letters of a country, such as US, or empty")
		return nil
	}
	return n.WithScreen(identity.Screen{
		Placeholders:  s.oneOf("BLOCK_PLACEHOLDERS", "true", "true", "false") == "true",
		RoleMailboxes: s.oneOf("BLOCK_ROLE_MAILBOXES", "false", "true", "false") == "true",
	})
}

func policy(s *settings) cluster.Policy {
	const most = 1_000_000
	return cluster.Policy{
		ClusterValues:  s.integer("MAX_CLUSTER_VALUES", cluster.DefaultClusterValues, 0, most),
		EmailsPerPhone: s.integer("MAX_EMAILS_PER_PHONE", 0, 0, most),
		PhonesPerEmail: s.integer("MAX_PHONES_PER_EMAIL", 0, 0, most),
	}
}

// eventsRetention is 0 if events are kept forever. The minimum of an hour leaves room for clocks
// that differ.
func eventsRetention(s *settings) time.Duration {
	if s.text("EVENTS_RETENTION", "") == "" {
		return 0
	}
	return s.duration("EVENTS_RETENTION", 30*24*time.Hour, time.Hour, 100*365*24*time.Hour)
}

// erasureKeys is nil if there are none. Keys are separated by commas or blanks, which no key from
// openssl rand -base64 contains.
func erasureKeys(s *settings) suppression.Keys {
	sent := strings.FieldsFunc(s.text("ERASURE_KEY", ""), func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
	var keys suppression.Keys
	for i, key := range sent {
		if len(key) < suppression.MinKey {
			which := "is too short; it"
			if len(sent) > 1 {
				which = fmt.Sprintf("has several keys, and key %d is too short; each", i+1)
			}
			s.rejectUnquoted("ERASURE_KEY", fmt.Sprintf(
				"%s must be a secret of at least %d bytes, such as from: openssl rand -base64 32", which, suppression.MinKey))
		}
		keys = append(keys, suppression.Key(key))
	}
	return keys
}

func loadDatabase(s *settings, production bool) databaseConfig {
	d := databaseConfig{maxConns: s.integer("DATABASE_MAX_CONNECTIONS", 20, leastConnections, 10_000)}
	// At least some heartbeats.
	maxLag := s.duration("DATABASE_READ_MAX_LAG", 10*time.Second, 2*time.Second, time.Hour)
	host, password := s.text("DATABASE_HOST", ""), s.values["DATABASE_PASSWORD"]
	url := s.text("DATABASE_URL", "")
	switch {
	case url != "":
		d.server = serverConfig(s, "DATABASE_URL", url, host, password)
		d.replicas = replicas(s, password, maxLag)
	case s.text("DATABASE_READ_URL", "") != "":
		s.rejectUnquoted("DATABASE_URL", "is missing; DATABASE_READ_URL only names its replicas")
	case host != "" || password != "":
		s.rejectUnquoted("DATABASE_URL", "is missing; DATABASE_HOST and DATABASE_PASSWORD only replace parts of it")
	case production:
		s.rejectUnquoted("DATABASE_URL", "is missing; with APP_ENV=production it must be mysql://user:password@host:port/database")
	default:
		d.embedded = true
		d.mysqld = s.text("IDENTIKIT_MYSQLD", "")
		d.dataDir = dataDir(s)
	}
	return d
}

func serverConfig(s *settings, name, url, host, password string) mysql.Config {
	server, err := mysql.ParseURL(url)
	if err != nil {
		s.rejectUnquoted(name, err.Error())
		return server
	}
	if host != "" {
		server = server.WithHost(host)
	}
	if password != "" {
		server = server.WithPassword(password)
	}
	return server
}

// replicas is nil if there are none.
func replicas(s *settings, password string, maxLag time.Duration) *replicaConfig {
	url := s.text("DATABASE_READ_URL", "")
	if url == "" {
		return nil
	}
	return &replicaConfig{serverConfig(s, "DATABASE_READ_URL", url, "", password), maxLag}
}

// dataDir returns an absolute path, because the server is another process.
func dataDir(s *settings) string {
	dir := s.text("IDENTIKIT_DATA", userDataDir(s, runtime.GOOS))
	if dir == "" {
		s.rejectUnquoted("IDENTIKIT_DATA", "is missing, and so is HOME; it must be the folder for the data")
		return ""
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		s.reject("IDENTIKIT_DATA", "a folder")
	}
	return dir
}

// userDataDir is the folder for user data on the given system, or "" without HOME.
func userDataDir(s *settings, system string) string {
	home := s.text("HOME", "")
	switch xdg := s.text("XDG_DATA_HOME", ""); {
	case filepath.IsAbs(xdg): // the XDG specification requires this
		return filepath.Join(xdg, "identikit")
	case home == "":
		return ""
	case system == "darwin":
		return filepath.Join(home, "Library", "Application Support", "identikit")
	}
	return filepath.Join(home, ".local", "share", "identikit")
}
