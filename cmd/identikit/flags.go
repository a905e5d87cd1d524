package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
)

// parseFlags parses flags that may stand before, between or after the other arguments, and returns
// those. With --help it prints help and helped is true.
func (a app) parseFlags(flags *flag.FlagSet, help string, args []string) (words []string, helped bool, err error) {
	flags.SetOutput(io.Discard) // run prints the error
	for {
		switch err := flags.Parse(args); {
		case errors.Is(err, flag.ErrHelp):
			_, err := io.WriteString(a.stdout, help)
			return nil, true, err
		case err != nil:
			return nil, false, usageError(fmt.Sprintf("%v; see identikit %s --help", err, flags.Name()))
		case flags.NArg() == 0:
			return words, false, nil
		}
		words, args = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}
