package identity

import (
	"fmt"
	"runtime"
)

// PanicText describes the value of a panic, for the log. Like the text of an *Error it holds no e-mail
// address or phone number: errors of the runtime have none, and of any other value only the type is
// named.
func PanicText(value any) string {
	if err, ok := value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: a value of type %T", value)
}
