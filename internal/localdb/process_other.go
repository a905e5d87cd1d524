//go:build unix && !linux

package localdb

import "syscall"

// childAttributes cannot tie the server to the service on this system: if the service is killed,
// its server stays, and the next start ends it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
