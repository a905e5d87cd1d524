package main

import (
	"fmt"
	"strings"
)

func (a app) help() string {
	var b strings.Builder
	b.WriteString("Identikit recognizes one customer behind many e-mail addresses and phone numbers.\n\nUsage: identikit COMMAND\n\n")
	for _, c := range a.commands() {
		fmt.Fprintf(&b, "  %-24s %s\n", c.usage, c.summary)
	}
	b.WriteString(`
Run identikit COMMAND --help for details. Settings are read from the environment;
those that it does not set, from a file .env in the working folder.

Exit codes: 0 done, 1 failed, 2 wrong command line or setting; 3 done, but import
refused some rows, or doctor found something that is risky or wrong.
`)
	return b.String()
}

const serveHelp = `Serves HTTP until SIGTERM or SIGINT, then finishes the running requests. A second
signal ends it at once.

Without DATABASE_URL it starts a private MySQL or MariaDB server and migrates its
schema. With DATABASE_URL it never changes the schema (run identikit migrate up),
and it also runs while the database is unreachable; /readyz then answers 503.

Settings, from the environment or a file .env in the working folder:

` + settingsHelp + `
Exit codes: 0 stopped by a signal, 1 failed, 2 wrong setting.
`

const settingsHelp = `  DATABASE_URL              mysql://user:password@host:port/database?tls=true;
                            several hosts of one cluster: host1,host2
  DATABASE_HOST             replaces host:port in DATABASE_URL
  DATABASE_PASSWORD         replaces the password in DATABASE_URL and
                            DATABASE_READ_URL
  DATABASE_MAX_CONNECTIONS  maximum number of connections, at least 8; serve
                            uses one more for /readyz (20)
  DATABASE_READ_URL         like DATABASE_URL: replicas, from which GET requests,
                            export and verify are read if they are recent
                            enough; one more connection sends heartbeats (none)
  DATABASE_READ_MAX_LAG     how far behind such a replica may be (10s)
  APP_ENV                   development, or production, where DATABASE_URL is
                            required (development)
  AUTH                      required: requests need an API key; open: they need
                            none (required in production, else open)
  ADMIN_KEY                 secret of at least 32 bytes that is an API key and
                            may do everything (none; see identikit keys --help)
  RATE_LIMIT                requests a second of a key without its own limit, in
                            each process; 0 for no limit (0)
  RATE_BURST                how many of them at once (10 seconds' worth)
  MAX_CONNECTIONS           maximum number of connections of clients; others wait
                            (4096)
  HOST                      address to listen on (all; 127.0.0.1 with AUTH=open)
  ALLOWED_HOSTS             names under which the service is reached, separated by
                            commas; requests for others are refused (all; those
                            of this machine if only it can connect)
  CORS_ORIGINS              origins of web pages that may use the API, separated
                            by commas (none)
  TRUSTED_PROXIES           addresses or ranges of proxies, separated by commas,
                            whose X-Forwarded-For says who sent a request (none)
  CONSOLE                   on, or off for a service without the web console at
                            /console (on)
  PORT                      port to listen on; 0 for any free port (3000)
  OPS_ADDR                  host:port where /metrics, /debug/pprof, /healthz and
                            /readyz are served without a key. It must not be
                            reachable from outside. serve then uses one more
                            connection to the database (none)
  DEFAULT_REGION            country of phone numbers without a country code,
                            such as US (none: their digits are kept)
  BLOCK_PLACEHOLDERS        treat values such as null, n/a or 000000 as absent
                            (true)
  BLOCK_ROLE_MAILBOXES      treat info@, sales@, noreply@ … as absent (false)
  MAX_CLUSTER_VALUES        maximum number of e-mail addresses and phone
                            numbers of one customer; 0 for no limit (1000)
  MAX_EMAILS_PER_PHONE      maximum number of e-mail addresses that one phone
                            number links; 0 for no limit (0)
  MAX_PHONES_PER_EMAIL      maximum number of phone numbers that one e-mail
                            address links; 0 for no limit (0)
  ERASURE_KEY               secret of at least 32 bytes, the same for all
                            processes, by which values erased with suppress
                            are recognized. To change it, put the new key first
                            and keep the older ones after it, separated by
                            commas or blanks (none: nothing can be suppressed)
  LOG_LEVEL                 debug, info, warn or error (info). Under load, lines
                            below warn may be delayed by a tenth of a second
  LOG_SAMPLE                share of the successful requests that are logged, from
                            0 to 1; errors, refusals and requests of a second and
                            more always are (1)
  OTEL_EXPORTER_OTLP_ENDPOINT
                            where traces are sent, over HTTP, such as
                            http://collector:4318; the other OTEL_ settings are
                            those of OpenTelemetry (none: there are no traces)
  REQUEST_TIMEOUT           time limit of a request (10s)
  SHUTDOWN_TIMEOUT          time limit for running requests at shutdown (20s)
  EVENTS_RETENTION          how long the events of GET /events are kept, such as
                            720h; the history of contacts is always kept
                            (forever)
  IDENTIKIT_DATA            data folder of the private server (in the user's
                            data folder, such as ~/.local/share/identikit)
  IDENTIKIT_MYSQLD          program of the private server (mysqld or mariadbd,
                            searched for in the usual places)
`

const migrateHelp = `  up      apply all missing migrations
  down    revert the newest migration; its data is lost
  status  list the migrations; exit code 1 if one is missing

Uses DATABASE_URL or, without it, the private server, which must not be running.
Reads the same settings as serve. With APP_ENV=production it waits up to two
minutes for a database server that is starting.

Several processes may migrate at the same time: up and down wait for each other.
If a table is in use for long, for example by an export, they stop waiting for it
after two seconds, so as not to block the service, and try again for up to ten
minutes.

Exit codes: 0 done, 1 failed, 2 wrong command line or setting.
`

const versionHelp = `Prints the version of identikit and the Go version that built it.
`
