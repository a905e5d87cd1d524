package localdb

import "syscall"

// childAttributes make the server stop when the service dies without having stopped it.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}
