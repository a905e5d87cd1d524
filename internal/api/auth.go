package api

import (
	"errors"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/apikey"
	"github.com/identikit/identikit/internal/identity"
)

// callerName is where the caller of a request is in its echo.Context.
const callerName = "caller"

// authorized lets requests pass whose key has the scope of the route.
func (s *server) authorized(r route, next echo.HandlerFunc) echo.HandlerFunc {
	if r.scope == "" {
		return next
	}
	return func(c echo.Context) error {
		caller, err := s.callerOf(c)
		if err != nil {
			return err
		}
		if caller.KeyID == 0 {
			return next(c)
		}
		c.Set(callerName, caller)
		if !caller.Grant.Allows(r.scope) {
			s.keyFailed(KeyScope)
			return &refusal{code: codeScopeMissing, detail: "This operation needs a key with the scope " + string(r.scope) +
				". Your key has " + caller.Grant.String() + "."}
		}
		if err := s.limited(c, caller); err != nil {
			return err
		}
		if r.scope != apikey.Identify { // linking is nobody's decision
			c.SetRequest(c.Request().WithContext(identity.WithActor(c.Request().Context(), caller.KeyID)))
		}
		return next(c)
	}
}

// callerOf returns who sent the request. It is zero, and may do everything, if there is no key and none is
// needed.
func (s *server) callerOf(c echo.Context) (apikey.Caller, error) {
	if s.keys == nil {
		return apikey.Caller{}, nil
	}
	sent := c.Request().Header.Get(echo.HeaderAuthorization)
	if sent == "" && s.sessions != nil {
		if caller, found, err := s.callerOfSession(c); found {
			return caller, notLoaded(err)
		}
	}
	if sent == "" && !s.keysRequired {
		return apikey.Caller{}, nil
	}
	scheme, key, _ := strings.Cut(sent, " ")
	if sent != "" && !strings.EqualFold(scheme, "Bearer") {
		s.keyFailed(KeyMissing)
		return apikey.Caller{}, unauthorized(c, codeKeyMissing, "", "Send an API key as Authorization: Bearer idk_….")
	}
	caller, err := s.keys.Check(strings.TrimSpace(key))
	switch {
	case err == nil:
		return caller, nil
	case errors.Is(err, apikey.ErrNotLoaded):
		return apikey.Caller{}, notLoaded(err)
	case errors.Is(err, apikey.ErrNoKeys):
		s.keyFailed(KeyNone)
		return apikey.Caller{}, unauthorized(c, codeNoKeys, "",
			"There is no API key that works. Create one with: identikit keys create --name NAME --scopes all")
	case sent == "":
		s.keyFailed(KeyMissing)
		return apikey.Caller{}, unauthorized(c, codeKeyMissing, "", "Send an API key as Authorization: Bearer idk_….")
	}
	if err := s.failed(c); err != nil {
		return apikey.Caller{}, err
	}
	return apikey.Caller{}, keyInvalid(c)
}

func keyInvalid(c echo.Context) error {
	return unauthorized(c, codeKeyInvalid, `, error="invalid_token"`, "This API key does not exist, was revoked or has expired.")
}

// notLoaded turns ErrNotLoaded into a 503, and leaves other errors.
func notLoaded(err error) error {
	if errors.Is(err, apikey.ErrNotLoaded) {
		return &refusal{
			code: identity.CodeUnavailable, cause: err,
			detail: "The API keys have not been read from the database yet. Nothing was done; send the request again.",
		}
	}
	return err
}

// unauthorized is a 401 with the header that it must have (RFC 6750).
func unauthorized(c echo.Context, code identity.Code, parameters, detail string) error {
	c.Response().Header().Set(echo.HeaderWWWAuthenticate, `Bearer realm="identikit"`+parameters)
	return &refusal{code: code, detail: detail}
}

// caller returns who sent the request, as authorized found out. It is zero if keys are not needed.
func caller(c echo.Context) apikey.Caller {
	found, _ := c.Get(callerName).(apikey.Caller)
	return found
}
