package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

func (a app) version(_ context.Context, args []string) error {
	if err := noMore(args); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.stdout, "identikit %s (%s, %s/%s)\n", buildVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// buildVersion is the module's version that `go build` found in git (a tag, or a pseudo-version
// with the commit), or "(devel)".
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}
