package main

import (
	"fmt"
	"strings"
)

func (a app) help() string {
	var b strings.Builder
	b.WriteString("Identikit recognises one customer behind many e-mail addresses and phone numbers.\n\nUsage: identikit COMMAND\n\n")
	for _, c := range a.commands() {
		fmt.Fprintf(&b, "  %-24s %s\n", c.usage, c.summary)
	}
	b.WriteString(`
identikit COMMAND --help tells more. Settings come from the environment, and
from a file .env in the working folder where the environment has none.

Exit codes: 0 done, 1 failed, 2 wrong command line or wrong setting; import also
has 3: done, but some rows were refused.
`)
	return b.String()
}

const serveHelp = `Serves POST /identify until SIGTERM or SIGINT; then it finishes the requests that
run. A second signal ends it at once.

Without DATABASE_URL it runs a private MySQL or MariaDB server for itself.
With DATABASE_URL it never changes the schema (identikit migrate up does), and
it serves also while the database is away: /readyz tells.

Settings, from the environment or a file .env in the working folder:

` + settingsHelp + `
Exit codes: 0 stopped when asked to, 1 failed, 2 wrong setting.
`

const settingsHelp = `  DATABASE_URL              mysql://user:password@host:port/database?tls=true
  DATABASE_HOST             replaces host:port in DATABASE_URL
  DATABASE_PASSWORD         replaces the password in DATABASE_URL
  DATABASE_MAX_CONNECTIONS  most connections at a time, at least 8; serve
                            keeps one more for /readyz (20)
  APP_ENV                   development, or production: DATABASE_URL is then
                            required (development)
  HOST                      address to listen on (all)
  PORT                      port to listen on; 0 takes a free one (3000)
  DEFAULT_REGION            country of phone numbers without one, such as US
                            (none: they are kept as their digits)
  BLOCK_PLACEHOLDERS        take values such as null, n/a or 000000 for absent
                            (true)
  BLOCK_ROLE_MAILBOXES      take info@, sales@, noreply@ … for absent (false)
  MAX_CLUSTER_VALUES        most e-mails and phone numbers of one customer;
                            0 for no bound (1000)
  MAX_EMAILS_PER_PHONE      most e-mails that one phone number links; 0 for
                            no bound (0)
  MAX_PHONES_PER_EMAIL      most phone numbers that one e-mail links; 0 for
                            no bound (0)
  ERASURE_KEY               secret of at least 32 bytes, the same for all processes:
                            what is erased with suppress is recognised by it. To
                            change it, put the new key first and keep the older
                            ones after it, separated by commas or blanks
                            (none: nothing can be suppressed)
  LOG_LEVEL                 debug, info, warn or error (info). Under load, lines
                            below warn may wait a tenth of a second
  REQUEST_TIMEOUT           most time for one request (10s)
  SHUTDOWN_TIMEOUT          most time to finish requests when stopping (20s)
  EVENTS_RETENTION          how long the events of GET /events, which are the
                            contacts' history too, are kept, such as 720h
                            (for ever)
  IDENTIKIT_DATA            folder of the private server (the user's data
                            folder, such as ~/.local/share/identikit)
  IDENTIKIT_MYSQLD          program of the private server (mysqld or mariadbd,
                            wherever it is installed)
`

const migrateHelp = `  up      apply every migration that is missing
  down    take the newest one back; its data is lost
  status  list them; exit code 1 when one is missing

Works on DATABASE_URL, or else on the private server, which must not be running
then. Reads the same settings as serve. With APP_ENV=production it waits up to
two minutes for a database server that is still starting.

Several may run at the same time: up and down wait for each other. When a table
is in use for long, as by an export, they give up after two seconds, so that the
service can go on, and try again for up to ten minutes.

Exit codes: 0 done, 1 failed, 2 wrong command line or wrong setting.
`

const versionHelp = `Prints the version of identikit, and of the Go that built it.
`
