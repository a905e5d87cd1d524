// Package cluster decides which contacts are one customer. It holds a part of the database in memory, as
// a graph whose nodes are contacts and whose edges are observations, and works out what an observation or
// a correction changes in it: a Plan links, a Revision takes apart. It does no I/O: package ledger reads
// graphs and writes what was worked out.
//
// A Graph and everything that belongs to it is not safe for concurrent use.
package cluster
