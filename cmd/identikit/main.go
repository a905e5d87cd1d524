// Command identikit recognises one customer behind many e-mail addresses and
// phone numbers. This package reads the command line and the environment,
// which no other package does, and puts the others together.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		// Before the stop begins, not after: from then on a second signal ends
		// the process. signal.NotifyContext has it the other way round.
		signal.Stop(signals)
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
