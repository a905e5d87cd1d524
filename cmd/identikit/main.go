// Command identikit recognizes one customer behind many e-mail addresses and phone numbers. This
// package reads the command line and the environment, which no other package does, and connects the
// other packages.
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
		// Stop first: from here on a second signal ends the process. signal.NotifyContext would
		// cancel first.
		signal.Stop(signals)
		cancel()
	}()
	os.Exit(run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
