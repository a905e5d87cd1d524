package main

const (
	importUsage = "import [FLAGS] FILE"
	exportUsage = "export [FLAGS]"
)

const importHelp = `Links every row of a CSV file, or of an NDJSON file (one JSON object per line), as
POST /identify would, but much faster. FILE may be compressed with gzip; - is
standard input. The service may run at the same time.

The first line of a CSV file has the names of the columns. The columns with e-mail
addresses and phone numbers are found by their names; other columns are ignored.
A row needs at least one of the two values. Without times, earlier rows are older.
It uses four connections of the database and up to 300 MiB of memory, however
large the file is.

  --email-column NAME        column with e-mail addresses
  --phone-column NAME        column with phone numbers
  --observed-at-column NAME  column with the times at which the values were seen,
                             which become the ages of the contacts, including
                             stored ones (default: a column observedAt)
  --rejects FILE             write refused rows to FILE, with line and reason; it
                             can be corrected and imported
  --format csv|ndjson        (default: by the file's name, or else its content)
  --delimiter CHARACTER      delimiter of a CSV file, or the word tab (default: by
                             the first line: comma, semicolon, tab or bar)

An import may be interrupted at any time and run again: nothing is lost or
duplicated. Importing the same file again changes nothing. Rows are not written in
the order of the file, so after an interruption the rows that were not done are
younger than those that were, if they have no times.

A file written by identikit export --decisions is recognized by its first line.
Its decisions are applied, and nothing in it is linked. A decision that contradicts
the database is refused. Import the contacts first, then the decisions, before the
service answers requests; while it does, import the decisions first. Both orders
give the same customers.

Uses DATABASE_URL or, without it, the private server, which must not be running.
Reads the same settings as serve; DEFAULT_REGION should be the same too.

Exit codes: 0 all rows are imported, 1 failed or interrupted, 2 wrong command
line, setting or kind of file, and nothing is imported,
3 all rows are imported except those that were refused.
`

const exportHelp = `Writes a consistent snapshot of all contacts to standard output or to FILE, which
is compressed with gzip if its name ends in .gz. The service may run at the same
time.

  --format csv|ndjson  (default: by FILE's name, or else csv)
  --output FILE        written in full before it appears under this name
  --decisions          write separations, blocks, retractions, dismissals and open
                       refusals, as NDJSON, instead of contacts

The columns are contactId, primaryContactId, linkPrecedence, email, phoneNumber and
observedAt. The contacts are followed by the observations that join two of them,
which have no contactId. Importing the file into an empty database gives the same
clusters.

A backup consists of both files, with the contacts exported first. identikit import
applies the decisions, so that separated contacts stay separated. Decisions contain
values, not ids. The times and events of decisions, and suppressions, are not
restored.

Uses DATABASE_URL or, without it, the private server, which must not be running.
With DATABASE_READ_URL it reads from a replica that has all that was committed
before, and from the primary if there is none within DATABASE_READ_MAX_LAG.
Reads the same settings as serve.

Exit codes: 0 done, 1 failed, 2 wrong command line or setting.
`

const verifyHelp = `Recomputes all clusters from the observations of one consistent snapshot, compares
them with the stored ones, and prints the differences by contact id. It changes
nothing. The service may run at the same time.

Uses DATABASE_URL or, without it, the private server, which must not be running.
With DATABASE_READ_URL it verifies a replica that has all that was committed
before, and the primary if there is none within DATABASE_READ_MAX_LAG.
Reads the same settings as serve.

Exit codes: 0 no difference, 1 differences or failed, 2 wrong command line or
setting.
`
