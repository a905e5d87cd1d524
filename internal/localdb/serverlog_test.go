package localdb

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Fails when an error quotes an earlier run, notes instead of errors, or the whole log.
func TestComplaints(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ log, want string }{
		"nothing":    {"", ""},
		"errors":     {"1 [Note] a\n2 [ERROR] b\n3 [Note] c\n4 [ERROR] d\n", "; its log says:\n\t2 [ERROR] b\n\t4 [ERROR] d"},
		"only lines": {"a\n\nb\n", "; its log says:\n\ta\n\tb"},
		"the last":   {"1\n2\n3\n4\n5\n6\n7\n", "; its log says:\n\t3\n\t4\n\t5\n\t6\n\t7"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "server.log")
			if err := os.WriteFile(path, []byte("0 [ERROR] of an earlier run\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			log, err := openLog(path)
			if err != nil {
				t.Fatal(err)
			}
			defer log.close()
			if _, err := log.file.WriteString(test.log); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, log.complaints()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Fails when an error of AppArmor comes without a hint: to the owner of the folder it looks like a
// broken disk.
func TestPermissionHint(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]bool{
		"[ERROR] mysqld: Can't create/write to file '/x' (OS errno 13 - Permission denied)": true,
		"[ERROR] Can't create test file '/x' (Errcode: 13 \"Permission denied\")":           true,
		"[ERROR] InnoDB: Operating system error number 28 in a file operation.":             false,
	} {
		if got := strings.Contains(permissionHint([]string{line}), "AppArmor"); got != want {
			t.Errorf("%s: got hint %v, want %v", line, got, want)
		}
	}
}

// Fails when a log grows without limit, or when the log of a failed run is lost at the next
// restart.
func TestTrimLog(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "server.log")
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	defer log.close()
	old := strings.Repeat("old line\n", maxLog/8)
	for _, text := range []string{old, "new line\n"} {
		if err := trimLog(path); err != nil {
			t.Fatal(err)
		}
		if text != old {
			trimmed, err := os.ReadFile(path + ".1")
			if err != nil || string(trimmed) != old {
				t.Errorf("server.log.1 has %d bytes (%v), want %d", len(trimmed), err, len(old))
			}
		}
		// The server's own descriptor, which is not reopened.
		if _, err := log.file.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != "new line\n" {
		t.Errorf("server.log has %d bytes (%v), want the new line only", len(got), err)
	}
}
