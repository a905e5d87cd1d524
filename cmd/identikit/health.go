package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

const healthUsage = "health [FLAGS]"

const healthHelp = `Asks the running service whether it is ready, as GET /readyz does, and prints the
answer in one line. For health checks of containers, whose image needs no shell.

  --url URL       address of the service, such as http://identikit:3000 (that of
                  HOST and PORT on this machine)
  --timeout TIME  how long to wait for the answer (3s)

Without --url it reads the same settings as serve.

Exit codes: 0 ready, 1 not ready or not reachable, 2 wrong command line or setting.
`

func (a app) health(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("health", flag.ContinueOnError)
	address := flags.String("url", "", "")
	limit := flags.Duration("timeout", 3*time.Second, "")
	words, helped, err := a.parseFlags(flags, "Usage: identikit "+healthUsage+"\n\n"+healthHelp, args)
	if helped || err != nil {
		return err
	}
	if err := noMore(words); err != nil {
		return err
	}
	if *limit <= 0 {
		return usageError("--timeout must be a time such as 3s")
	}
	service, err := a.serviceURL(*address)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, *limit)
	defer cancel()
	if err := checkReady(ctx, service); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.stdout, "ready")
	return err
}

// serviceURL returns the given address or, if there is none, that of the service with the same settings.
func (a app) serviceURL(given string) (*url.URL, error) {
	if given != "" {
		u, err := url.Parse(given)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return nil, usageError("--url must be an address such as http://identikit:3000")
		}
		return u, nil
	}
	c, err := a.loadConfig()
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(c.listen)
	if err != nil {
		return nil, err
	}
	if port == "0" {
		return nil, usageError("PORT is 0, any free port; name the address with --url")
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.Equal(net.IPv4zero) {
		host = "127.0.0.1"
	} else if ip != nil && ip.IsUnspecified() {
		host = "::1"
	}
	return &url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, nil
}

// checkReady returns nil if the service at an address is ready, and otherwise why not.
func checkReady(ctx context.Context, service *url.URL) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, service.JoinPath("readyz").String(), nil)
	if err != nil {
		return err
	}
	// No proxy of the environment: it is asked whether this service answers.
	answer, err := (&http.Client{Transport: &http.Transport{}}).Do(r)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err
		}
		return fmt.Errorf("not reachable at %s: %w", service.Host, err)
	}
	defer answer.Body.Close() //nolint:errcheck // it was only read
	var said struct{ Status, Detail string }
	const most = 64 << 10
	decodeErr := json.NewDecoder(io.LimitReader(answer.Body, most)).Decode(&said)
	if answer.StatusCode == http.StatusOK && decodeErr == nil && said.Status == "ready" {
		return nil
	}
	return fmt.Errorf("not ready: %s", cmp.Or(said.Detail, "status "+answer.Status+" from "+service.Host+", which may be another service"))
}
