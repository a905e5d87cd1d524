package api

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/apikey"
)

// sessionCookie is sent back to this host alone, over an encrypted connection or to this machine.
const sessionCookie = "__Host-identikit"

const sessionPath = "/session"

// sessionAnswer says for whom requests are carried out. With AUTH=open and without a key, only the scopes are
// there.
type sessionAnswer struct {
	KeyID     uint64       `json:"keyId,omitempty"`
	Scopes    apikey.Grant `json:"scopes"`
	ExpiresAt string       `json:"expiresAt,omitempty"` // of the session; absent for a key
}

// beginSession exchanges the key of the request for a cookie, so that a page need not keep the key.
func (s *server) beginSession(c echo.Context) error {
	caller, err := s.callerOf(c)
	if err != nil {
		return err
	}
	if caller.KeyID == 0 {
		return unauthorized(c, codeKeyMissing, "", "Send an API key as Authorization: Bearer idk_….")
	}
	token, expires, err := s.sessions.Begin(c.Request().Context(), caller)
	if errors.Is(err, apikey.ErrUnknown) {
		return keyInvalid(c) // since this request was let in
	}
	if err != nil {
		return err
	}
	setSession(c, token, int(apikey.SessionTime/time.Second))
	return writeStored(c, sessionAnswer{caller.KeyID, caller.Grant, timestamp(expires)})
}

// session answers for whom the request is carried out.
func (s *server) session(c echo.Context) error {
	caller, err := s.callerOf(c)
	if err != nil {
		return err
	}
	if caller.KeyID == 0 {
		return writeStored(c, sessionAnswer{Scopes: apikey.Grant{apikey.All}})
	}
	return writeStored(c, sessionAnswer{caller.KeyID, caller.Grant, timestamp(sessionEnd(c))})
}

// endSession ends the session of the request, if there is one.
func (s *server) endSession(c echo.Context) error {
	if sent := sessionToken(c); sent != "" {
		if err := s.sessions.End(c.Request().Context(), sent); err != nil {
			return err
		}
		setSession(c, "", -1)
	}
	return c.NoContent(http.StatusNoContent)
}

func setSession(c echo.Context, token string, seconds int) {
	c.SetCookie(&http.Cookie{
		Name: sessionCookie, Value: token, Path: "/", MaxAge: seconds, Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode,
	})
}

// sessionEndName is where the end of the session is in the echo.Context of a request that has one.
const sessionEndName = "sessionEnd"

func sessionEnd(c echo.Context) time.Time {
	end, _ := c.Get(sessionEndName).(time.Time)
	return end
}

// sessionToken returns the token of the session of a request, "" if it has none.
func sessionToken(c echo.Context) string {
	if sent, err := c.Cookie(sessionCookie); err == nil {
		return sent.Value
	}
	return ""
}

// callerOfSession returns for whom the session of a request acts. found is false if it has none.
func (s *server) callerOfSession(c echo.Context) (caller apikey.Caller, found bool, err error) {
	sent := sessionToken(c)
	if sent == "" {
		return apikey.Caller{}, false, nil
	}
	caller, end, err := s.sessions.Check(c.Request().Context(), sent)
	if errors.Is(err, apikey.ErrUnknown) || errors.Is(err, apikey.ErrNoKeys) {
		if err := s.failed(c); err != nil {
			return caller, true, err
		}
		setSession(c, "", -1)
		return caller, true, unauthorized(c, codeSessionEnded, `, error="invalid_token"`, "The session has ended. Sign in again.")
	}
	c.Set(sessionEndName, end)
	return caller, true, err
}
