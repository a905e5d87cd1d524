package main

import (
	"context"
	"log/slog"

	"github.com/identikit/identikit/internal/linker"
)

// reportErasureKeys warns of values that were suppressed under a key that ERASURE_KEY lacks: they are
// not recognised, and are stored again when they are seen. While there are several keys, it also says
// how many values need each of them. A database that cannot be asked is told of elsewhere.
func reportErasureKeys(ctx context.Context, l *linker.Linker, log *slog.Logger) {
	uses, err := l.ErasureKeyUse(ctx)
	if err != nil {
		return
	}
	configured := 0
	for _, use := range uses {
		if use.Configured {
			configured++
		}
	}
	for _, use := range uses {
		switch {
		case !use.Configured:
			log.Warn("suppressed values are not recognised: ERASURE_KEY lacks their key", "key_id", use.KeyID, "suppressions", use.Suppressions)
		case configured > 1:
			log.Info("erasure key", "key_id", use.KeyID, "suppressions", use.Suppressions)
		}
	}
}
