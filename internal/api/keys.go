package api

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/apikey"
)

// maxOverlap is how long a rotated key may go on working.
const maxOverlap = 90 * 24 * time.Hour

const (
	keyExample    = `Send an object such as {"name":"checkout","scopes":["identify"]}.`
	rotateExample = `Send an object such as {"overlapSeconds":86400}.`
	revokeExample = `Send an object such as {"reason":"it was in a public repository"}.`
)

// storedKey is a key without its secret.
type storedKey struct {
	ID         uint64       `json:"id"`
	Name       string       `json:"name"`
	Prefix     string       `json:"prefix,omitempty"` // absent for that of the setting
	Scopes     apikey.Grant `json:"scopes"`
	PerSecond  uint32       `json:"requestsPerSecond,omitempty"`
	Burst      uint32       `json:"burst,omitempty"`
	CreatedAt  string       `json:"createdAt"`
	CreatedBy  uint64       `json:"createdByKeyId,omitempty"`
	Replaces   uint64       `json:"replacesKeyId,omitempty"`
	ExpiresAt  string       `json:"expiresAt,omitempty"`
	LastUsedAt string       `json:"lastUsedAt,omitempty"`
	RevokedAt  string       `json:"revokedAt,omitempty"`
	RevokedBy  uint64       `json:"revokedByKeyId,omitempty"`
	Reason     string       `json:"reason,omitempty"`
}

// newKey is a key that was just made. Its secret is shown this once.
type newKey struct {
	storedKey
	Key string `json:"key"`
}

type keysAnswer struct {
	Keys []storedKey `json:"keys"`
	Next string      `json:"next,omitempty"`
}

func storedKeyOf(k apikey.Key) storedKey {
	return storedKey{
		ID: k.ID, Name: k.Name, Prefix: k.Prefix, Scopes: k.Grant, PerSecond: k.Quota.PerSecond, Burst: k.Quota.Burst,
		CreatedAt: timestamp(k.CreatedAt), CreatedBy: k.CreatedBy,
		Replaces: k.ReplacesID, ExpiresAt: timestamp(k.ExpiresAt), LastUsedAt: timestamp(k.LastUsedAt),
		RevokedAt: timestamp(k.RevokedAt), RevokedBy: k.RevokedBy, Reason: k.Reason,
	}
}

// createKey makes a key and answers with its secret.
func (s *server) createKey(c echo.Context) error {
	var name, expires string
	var scopes []string
	var quota apikey.Quota
	into := fields{
		"name": &name, "scopes": &scopes, "expiresAt": &expires, "requestsPerSecond": &quota.PerSecond, "burst": &quota.Burst,
	}
	if err := readObject(c, into, keyExample); err != nil {
		return err
	}
	if !isName(name) {
		return badRequest("", fmt.Sprintf("name must say who uses the key, in 1 to %d characters on one line. ", apikey.MaxName)+keyExample)
	}
	grant, err := apikey.ParseGrant(scopes)
	if err != nil {
		return badRequest("", "scopes must be one or more of "+apikey.Grant(apikey.Scopes()).String()+". "+keyExample)
	}
	if max(quota.PerSecond, quota.Burst) > apikey.MaxRate {
		return badRequest("", fmt.Sprintf("requestsPerSecond and burst must be at most %d. ", apikey.MaxRate)+keyExample)
	}
	if quota.IsZero() && quota.Burst > 0 {
		return badRequest("", "burst is only accepted together with requestsPerSecond. "+keyExample)
	}
	r := apikey.Request{Name: name, Grant: grant, Quota: quota.Full()}
	if expires != "" {
		if r.ExpiresAt, err = time.Parse(time.RFC3339, expires); err != nil || !r.ExpiresAt.After(time.Now()) {
			return badRequest("", "expiresAt must be a time in the future, such as 2030-01-31T12:00:00Z.")
		}
	}
	created, key, err := s.keeper.Create(c.Request().Context(), r, caller(c))
	if err != nil {
		return err
	}
	return writeNewKey(c, created, key)
}

// isName reports whether a key can have this name.
func isName(name string) bool {
	if n := utf8.RuneCountInString(name); n < 1 || n > apikey.MaxName || !utf8.ValidString(name) {
		return false
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// rotateKey makes a key that may do the same, and lets the old one expire.
func (s *server) rotateKey(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var seconds uint32
	if err := readObject(c, fields{"overlapSeconds": &seconds}, rotateExample); err != nil {
		return err
	}
	overlap := time.Duration(seconds) * time.Second
	if overlap > maxOverlap {
		return badRequest("", fmt.Sprintf("overlapSeconds must be from 0 to %d. ", maxOverlap/time.Second)+rotateExample)
	}
	created, key, err := s.keeper.Rotate(c.Request().Context(), id, overlap, caller(c))
	if err != nil {
		return err
	}
	return writeNewKey(c, created, key)
}

func writeNewKey(c echo.Context, created apikey.Key, key string) error {
	return writeJSON(c, http.StatusCreated, echo.MIMEApplicationJSON, newKey{storedKeyOf(created), key})
}

// revokeKey makes a key stop working.
func (s *server) revokeKey(c echo.Context) error {
	id, err := pathID(c)
	if err != nil {
		return err
	}
	var reason string
	if err := readObject(c, fields{"reason": &reason}, revokeExample); err != nil {
		return err
	}
	if err := checkReason(reason); err != nil {
		return err
	}
	revoked, err := s.keeper.Revoke(c.Request().Context(), id, reason, caller(c))
	if err != nil {
		return err
	}
	return writeStored(c, storedKeyOf(revoked))
}

// listKeys answers with a page of keys.
func (s *server) listKeys(c echo.Context) error {
	page, err := pageOf(c)
	if err != nil {
		return err
	}
	var after uint64
	if page.After != "" {
		if after, err = strconv.ParseUint(page.After, 10, 64); err != nil {
			return badRequest("", "after must be the value of next from an earlier page of this list.")
		}
	}
	found, err := s.keeper.List(c.Request().Context(), after, page.Limit+1)
	if err != nil {
		return err
	}
	a := keysAnswer{Keys: []storedKey{}}
	for i, k := range found {
		if i == int(page.Limit) {
			a.Next = strconv.FormatUint(found[i-1].ID, 10)
			break
		}
		a.Keys = append(a.Keys, storedKeyOf(k))
	}
	return writeStored(c, a)
}
