package localdb

import (
	"fmt"
	"regexp"
	"strings"
)

const (
	flavourMySQL   = "MySQL"
	flavourMariaDB = "MariaDB"
)

// version is the version of a server, or of the server that last wrote the data. The zero value
// means none.
type version struct {
	flavour             string
	major, minor, patch int
}

func (v version) String() string {
	return fmt.Sprintf("%s %d.%d.%d", v.flavour, v.major, v.minor, v.patch)
}

// parseVersion parses the result of String.
func parseVersion(s string) (version, error) {
	var v version
	_, err := fmt.Sscanf(s, "%s %d.%d.%d", &v.flavour, &v.major, &v.minor, &v.patch)
	return v, err
}

// versionLine matches "mysqld Ver 9.7.4 for Linux …" and "mariadbd Ver 10.11.19-MariaDB for …".
var versionLine = regexp.MustCompile(`\bVer (\d+\.\d+\.\d+)(\S*)`)

// parseVersionLine parses what a server prints for --version. The name of the program does not
// matter: mysqld may be a link to MariaDB.
func parseVersionLine(out string) (version, error) {
	m := versionLine.FindStringSubmatch(out)
	if m == nil {
		return version{}, fmt.Errorf("answers --version with %q, which is neither MySQL's nor MariaDB's", firstLine(out))
	}
	flavour := flavourMySQL
	if strings.Contains(m[2], flavourMariaDB) {
		flavour = flavourMariaDB
	}
	return parseVersion(flavour + " " + m[1])
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// supported refuses servers that lack features of the schema.
func (v version) supported() error {
	if v.flavour == flavourMariaDB && v.before(10, 6) {
		return fmt.Errorf("is %s; MariaDB 10.6 or newer is needed", v)
	}
	if v.flavour == flavourMySQL && v.before(8, 0) {
		return fmt.Errorf("is %s; MySQL 8.0 or newer is needed", v)
	}
	return nil
}

// reads refuses data that this server would damage or cannot read. Patch versions are left to the
// server, because releases differ in whether a patch can be downgraded, and the server reports it.
func (v version) reads(data version) error {
	if data == (version{}) {
		return nil
	}
	if v.flavour != data.flavour {
		return fmt.Errorf("is %s, but the data was written by %s: neither can read the other's", v, data)
	}
	if v.before(data.major, data.minor) {
		return fmt.Errorf("is %s, but the data was written by %s: a server cannot read the data of a newer one", v, data)
	}
	return nil
}

func (v version) before(major, minor int) bool {
	return v.major < major || v.major == major && v.minor < minor
}
