package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/identikit/identikit/internal/mysql"
	"github.com/identikit/identikit/internal/testbed"
)

// result is what one fault did.
type result struct {
	fault fault
	tally
	findings
	rounds    int // of rivals
	group     gap // in which no server accepted a write
	newValues gap // in which the service acknowledged no change
	any       gap // in which the service answered nothing to /identify with 200
	reads     gap // in which it answered no look-up
	end       time.Time
	silent    []string // known values that were not answered with 200 when all was over
	verify    string
}

// problem returns what is not clean, or nil.
func (r result) problem() error {
	var errs []error
	add := func(what string, texts []string) {
		if len(texts) > 0 {
			errs = append(errs, fmt.Errorf("%s: %d %s: %s", r.fault.name, len(texts), what, strings.Join(texts[:min(5, len(texts))], "; ")))
		}
	}
	add("lost", r.lost)
	add("doubled", r.doubled)
	add("wrong answers", r.wrong)
	add("callers not answered afterwards", r.silent)
	for _, status := range r.others() {
		if status != noAnswer || !r.fault.unanswered {
			errs = append(errs, fmt.Errorf("%s: %d × %s", r.fault.name, r.statuses[status], statusText(status)))
		}
	}
	if r.values == 0 {
		errs = append(errs, fmt.Errorf("%s: nothing was acknowledged", r.fault.name))
	}
	if r.verify != "" {
		errs = append(errs, fmt.Errorf("%s: verify: %s", r.fault.name, r.verify))
	}
	return errors.Join(errs...)
}

// behind is how long after the group the service acknowledged a change again.
func (r result) behind() time.Duration {
	first := r.end
	for _, change := range r.changes {
		if change.After(r.group.to) && change.Before(first) {
			first = change
		}
	}
	return first.Sub(r.group.to)
}

func statusText(status int) string {
	switch status {
	case noAnswer:
		return "no answer"
	case noRetryAfter:
		return "503 without Retry-After"
	}
	return strconv.Itoa(status)
}

func (r result) String() string {
	return fmt.Sprintf("%d requests, %d values, %d conflicts, %d lost, %d doubled, %d wrong; "+
		"without a write: group %s, service %s, after the group %s; without a 200 %s, a look-up %s; longest %s; %s",
		r.requests, r.values, r.rounds, len(r.lost), len(r.doubled), len(r.wrong),
		seconds(r.group.length()), seconds(r.newValues.length()), seconds(r.behind()),
		seconds(r.any.length()), seconds(r.reads.length()), seconds(r.longest), r.answers())
}

// answers lists the statuses besides 200, with their numbers.
func (r result) answers() string {
	list := []string{fmt.Sprintf("%d × 503", r.statuses[statusUnavailable])}
	for _, status := range r.others() {
		list = append(list, fmt.Sprintf("%d × %s", r.statuses[status], statusText(status)))
	}
	return strings.Join(list, ", ")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

// describe returns server, settings and machine: a figure means nothing without them.
func describe(ctx context.Context, c *testbed.Cluster) (string, error) {
	n := c.Nodes[0]
	version, err := mysql.Version(ctx, n.Pool)
	if err != nil {
		return "", err
	}
	names := []string{
		"group_replication_consistency", "group_replication_member_expel_timeout", "group_replication_unreachable_majority_timeout",
		"group_replication_exit_state_action", "innodb_flush_log_at_trx_commit", "sync_binlog",
	}
	if c.Options.Topology == testbed.Galera {
		names = []string{"wsrep_sync_wait", "innodb_flush_log_at_trx_commit"}
	}
	var settings []string
	for _, name := range names {
		value, err := n.Ask(ctx, "SELECT @@GLOBAL."+name)
		if err != nil {
			return "", err
		}
		settings = append(settings, name+"="+value)
	}
	return fmt.Sprintf("%s, three servers, %s, %s. %d cores shared by servers, services and callers. %s.",
		version, c.Options.Topology, strings.Join(settings, ", "), runtime.NumCPU(), time.Now().UTC().Format("2006-01-02 15:04 UTC")), nil
}

// report writes the table as Markdown.
func report(w io.Writer, where string, o options, results []result) error {
	var text strings.Builder
	fmt.Fprintf(&text, "%s %d callers and %d pairs of rivals, %d service processes, %d hosts in DATABASE_URL.\n\n",
		where, o.callers, o.rivals, processes, o.hosts)
	text.WriteString("| fault | requests | acknowledged values | conflicts | lost | doubled | wrong | no new value: the group " +
		"| Identikit | after the group | without a 200 | without a look-up | longest answer | other answers | verify |\n" +
		"|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|---|\n")
	for _, r := range results {
		verify := "clean"
		if r.verify != "" {
			verify = "**not clean**"
		}
		fmt.Fprintf(&text, "| %s | %d | %d | %d | %d | %d | %d | %s | %s | %s | %s | %s | %s | %s | %s |\n",
			r.fault.titleIn(o.topology), r.requests, r.values, r.rounds, len(r.lost), len(r.doubled), len(r.wrong), seconds(r.group.length()),
			seconds(r.newValues.length()), seconds(r.behind()), seconds(r.any.length()), seconds(r.reads.length()), seconds(r.longest),
			r.answers(), verify)
	}
	_, err := io.WriteString(w, text.String())
	return err
}
