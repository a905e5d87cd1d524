package apikey

import (
	"fmt"
	"slices"
	"strings"
)

// Scope is what a key allows.
type Scope string

// The scopes. All includes the others.
const (
	Identify     Scope = "identify"
	ReadContacts Scope = "contacts:read"
	Decide       Scope = "decisions:write"
	Erase        Scope = "erase"
	ReadEvents   Scope = "events:read"
	WriteKeys    Scope = "keys:write"
	All          Scope = "all"
)

// Scopes returns all scopes.
func Scopes() []Scope {
	return []Scope{Identify, ReadContacts, Decide, Erase, ReadEvents, WriteKeys, All}
}

// Grant is a set of scopes.
type Grant []Scope

// ParseGrant returns the scopes with the given names, without repetitions and in the order of Scopes. There
// must be at least one. The error says which there are.
func ParseGrant(names []string) (Grant, error) {
	var g Grant
	for _, s := range Scopes() {
		if slices.Contains(names, string(s)) {
			g = append(g, s)
		}
	}
	for _, name := range names {
		if !slices.Contains(g, Scope(name)) {
			return nil, fmt.Errorf("%q is not a scope; there are %s", name, Grant(Scopes()))
		}
	}
	if len(g) == 0 {
		return nil, fmt.Errorf("at least one scope is needed; there are %s", Grant(Scopes()))
	}
	return g, nil
}

// Allows reports whether the grant has a scope.
func (g Grant) Allows(s Scope) bool { return slices.Contains(g, s) || slices.Contains(g, All) }

// Covers reports whether the grant allows all that another allows.
func (g Grant) Covers(other Grant) bool {
	return !slices.ContainsFunc(other, func(s Scope) bool { return !g.Allows(s) })
}

// String lists the scopes, separated by commas.
func (g Grant) String() string { return g.join(", ") }

func (g Grant) join(separator string) string {
	names := make([]string, len(g))
	for i, s := range g {
		names[i] = string(s)
	}
	return strings.Join(names, separator)
}

// stored is the text of the grant in the database, from which grantOf reads it. A name that this version
// does not know allows nothing.
func (g Grant) stored() string { return g.join(" ") }

func grantOf(stored string) Grant {
	var g Grant
	for name := range strings.FieldsSeq(stored) {
		g = append(g, Scope(name))
	}
	return g
}
