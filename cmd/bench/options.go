package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// options are how much is measured, and for how long.
type options struct {
	known      int           // customers in the table
	sizes      []int         // customers in the tables of growth, ascending
	hot        int           // how many of them come back; 0 for all
	keep       bool          // the tables of growth, and use those that were kept
	importRows int           // observations in the file
	round      time.Duration // of one measurement
	rounds     int           // of each side
	requests   int           // of each side, where requests are counted instead of timed
	settle     time.Duration // the longest wait for the server to write what was loaded
	only       []string      // names of experiments; none for all
}

func parse(args []string, stderr io.Writer) (options, error) {
	const settle = 20 * time.Second
	o := options{
		known: 100_000, sizes: []int{100_000, 1_000_000, 10_000_000}, hot: 30_000,
		importRows: 1_000_000, round: 3 * time.Second, rounds: 5, requests: 2_000, settle: settle,
	}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolFunc("short", "small sizes and two short rounds: a few minutes, for a first look only", func(string) error {
		o = options{known: 20_000, sizes: []int{20_000, 200_000}, hot: 20_000,
			importRows: 50_000, round: time.Second, rounds: 2, requests: 300, settle: settle}
		return nil
	})
	flags.Func("known", "customers in the table (100000)", number(&o.known))
	flags.Func("sizes", "comma-separated: customers in the tables of growth (100k,1M,10M)", numbers(&o.sizes))
	flags.Func("hot", "how many customers of a table of growth come back (30k); 0 for all", number(&o.hot))
	flags.BoolVar(&o.keep, "keep", o.keep, "keep the tables of growth, and use those that an earlier run has kept")
	flags.Func("import", "observations in the file to import (1000000)", number(&o.importRows))
	flags.Func("rounds", "rounds of each side (5)", number(&o.rounds))
	flags.Func("requests", "requests of each side in experiments without a round length (2000)", number(&o.requests))
	flags.DurationVar(&o.round, "round", o.round, "length of one round")
	flags.DurationVar(&o.settle, "settle", o.settle, "the longest wait for the server to write what was loaded")
	only := flags.String("only", "", "comma-separated experiments: "+strings.Join(names(), ", "))
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if len(o.sizes) < 2 || o.sizes[0] < 1 {
		return options{}, errors.New("-sizes takes at least two sizes")
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return options{}, fmt.Errorf("there is no experiment %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	return o, nil
}

// number returns a flag's function that parses a count with or without separators, or as 100k or 30M.
func number(to *int) func(string) error {
	return func(text string) (err error) {
		*to, err = strconv.Atoi(strings.NewReplacer("_", "", ",", "", "k", "000", "M", "000000").Replace(text))
		return err
	}
}

// numbers returns a flag's function that parses counts, and sorts them.
func numbers(to *[]int) func(string) error {
	return func(text string) error {
		parts := strings.Split(text, ",")
		*to = make([]int, len(parts))
		for i, part := range parts {
			if err := number(&(*to)[i])(part); err != nil {
				return err
			}
		}
		slices.Sort(*to)
		return nil
	}
}
