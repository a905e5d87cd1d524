package linker

import (
	"fmt"

	"github.com/identikit/identikit/internal/identity"
)

// inconsistent is the error for rows that contradict each other. The arguments must be ids.
func inconsistent(format string, ids ...any) error {
	return &identity.Error{Code: identity.CodeInternal, Err: fmt.Errorf(format, ids...)}
}
