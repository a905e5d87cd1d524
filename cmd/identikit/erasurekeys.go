package main

import (
	"context"
	"log/slog"

	"github.com/identikit/identikit/internal/suppression"
)

// reportErasureKeys warns about values that were suppressed under a key that is not in ERASURE_KEY:
// they are not recognized and will be stored again when they are seen. If ERASURE_KEY has several
// keys, it also logs how many suppressions each key has. It ignores errors of the database, which
// are reported elsewhere.
func reportErasureKeys(ctx context.Context, l *suppression.List, log *slog.Logger) {
	uses, err := l.KeyUses(ctx)
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
			log.Warn("suppressed values are not recognized: their key is not in ERASURE_KEY", "key_id", use.KeyID, "suppressions", use.Suppressions)
		case configured > 1:
			log.Info("erasure key", "key_id", use.KeyID, "suppressions", use.Suppressions)
		}
	}
}
