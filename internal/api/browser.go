package api

import (
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// Browsers says which web pages may use the API. A page of another origin cannot do anything with it unless it
// is listed, even where no key is needed and the browser runs on the same machine as the service.
type Browsers struct {
	// Hosts are the names under which the service is reached, without ports. Requests for others are refused,
	// except for those about health: a web page could otherwise let its own name point to this machine. Without
	// any, all names are accepted.
	Hosts []string

	// Origins are the origins, such as https://shop.example, of pages that may send requests and read answers.
	Origins []string
}

// guard refuses what a web page must not do.
type guard struct {
	hosts   []string
	origins *http.CrossOriginProtection
}

func newGuard(b Browsers) *guard {
	g := &guard{hosts: b.Hosts, origins: http.NewCrossOriginProtection()}
	for _, origin := range b.Origins {
		g.origins.AddTrustedOrigin(origin) //nolint:errcheck // the settings have checked it
	}
	return g
}

// guarded refuses requests for a foreign host or from a foreign page, and keeps the answers of the route from
// being cached or taken for something else.
func (s *server) guarded(r route, next echo.HandlerFunc) echo.HandlerFunc {
	personal, health := r.scope != "" || r.path == sessionPath, isHealth(r.path)
	return func(c echo.Context) error {
		header := c.Response().Header()
		header.Set(echo.HeaderXContentTypeOptions, "nosniff")
		if personal {
			header.Set(echo.HeaderCacheControl, "no-store")
		}
		if !health && !s.guard.knows(c.Request().Host) {
			return &refusal{code: codeUnknownHost, detail: "The Host header must have a name that the setting ALLOWED_HOSTS lists."}
		}
		if err := s.guard.origins.Check(c.Request()); err != nil {
			return &refusal{code: codeForeignOrigin, cause: err, detail: "This request came from a web page of another origin. " +
				"Only pages whose origins the setting CORS_ORIGINS lists may send it."}
		}
		return next(c)
	}
}

// knows reports whether the service has the name of a Host header.
func (g *guard) knows(host string) bool {
	if len(g.hosts) == 0 {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return slices.Contains(g.hosts, strings.ToLower(strings.Trim(host, "[]")))
}

// cors lets pages of the given origins read answers. They send their key in a header, never a cookie.
func cors(origins []string) echo.MiddlewareFunc {
	return middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins: origins,
		AllowMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowHeaders: []string{
			echo.HeaderAuthorization, echo.HeaderContentType, echo.HeaderXRequestID, positionHeader, "Last-Event-ID", headerIdempotencyKey,
		},
		ExposeHeaders: []string{
			echo.HeaderXRequestID, echo.HeaderRetryAfter, echo.HeaderWWWAuthenticate, positionHeader, headerPolicy, headerLimit,
		},
		MaxAge: 600,
	})
}
