package main

const (
	importUsage = "import [FLAGS] FILE"
	exportUsage = "export [FLAGS]"
)

const importHelp = `Links every row of a CSV file, or of an NDJSON file (one JSON object a line), as
if each had been sent to POST /identify, much faster. FILE may be compressed
with gzip; - is standard input. A service may run beside it.

The first line of a CSV file names the columns. Those with e-mail addresses and
phone numbers are told from their names; other columns are ignored. A row needs
one of the two values. Without times, earlier rows are older.

  --email-column NAME        where to find e-mail addresses
  --phone-column NAME        where to find phone numbers
  --observed-at-column NAME  when they were seen; makes contacts that old, also
                             stored ones (a column observedAt is taken anyway)
  --rejects FILE             write refused rows there, with line and reason; it
                             can be mended and imported
  --format csv|ndjson        (told from the name, or else from the content)
  --delimiter CHARACTER      of a CSV file; tab is one too (told from its first
                             line: comma, semicolon, tab or bar)

It may be interrupted at any moment and run again: nothing is lost, nothing is
doubled. A file that was imported changes nothing when it is imported again.

A file that identikit export --decisions has written is recognised by its first
line. Its decisions are applied instead: nothing in it links anybody. What
contradicts the database is refused. Import the contacts first, then the
decisions, before the service answers requests; beside live requests import the
decisions first. The customers are the same either way.

Works on DATABASE_URL, or else on the private server, which must not be running
then. Reads the same settings as serve; DEFAULT_REGION should be the same too.

Exit codes: 0 all rows are imported, 1 failed or interrupted, 2 wrong command
line, setting or kind of file: nothing is imported, 3 all rows are imported but
those that were refused.
`

const exportHelp = `Writes all contacts, as they stand at one moment, to standard output, or to FILE,
which is compressed with gzip when its name ends in .gz. A service may run
beside it.

  --format csv|ndjson  (told from FILE's name, or else csv)
  --output FILE        appears when it is complete
  --decisions          write what does not link instead: separations, blocks,
                       retractions, dismissals and open refusals, as NDJSON

Columns are contactId, primaryContactId, linkPrecedence, email, phoneNumber and
observedAt. After the contacts come the observations that join two of them, and
have no contactId. identikit import makes the same of it in an empty database.

A backup is both files, the contacts exported first: identikit import applies
the decisions, so that what people took apart stays apart. Decisions name values,
not ids. Their own times and events, and what was erased with suppress, are not
imported.

Works on DATABASE_URL, or else on the private server, which must not be running
then. Reads the same settings as serve.

Exit codes: 0 done, 1 failed, 2 wrong command line or wrong setting.
`

const verifyHelp = `Computes all clusters anew from what was observed, compares them with what is
stored, as it stands at one moment, and prints where they differ, by contact id.
It changes nothing. A service may run beside it.

Works on DATABASE_URL, or else on the private server, which must not be running
then. Reads the same settings as serve.

Exit codes: 0 no difference, 1 differences or failed, 2 wrong command line or
wrong setting.
`
