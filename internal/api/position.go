package api

import (
	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/replica"
)

// positionHeader has the position of an answer in the order of changes, and of a request the position that
// its answer must include at least.
const positionHeader = "Identikit-Position"

// positioned lets requests that only read use replicas, and adds the position to every answer: what the
// answer says was committed before it was sent.
func (s *server) positioned(r route, next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		var at replica.Position
		if sent := c.Request().Header.Get(positionHeader); sent != "" {
			var err error
			if at, err = replica.Parse(sent); err != nil {
				return badRequest("", positionHeader+" must have the value from an earlier answer, or latest. Without it, a look-up may show "+
					"what was stored some seconds ago.")
			}
		}
		if s.replicas.Empty() {
			return next(c)
		}
		c.Response().Before(func() { c.Response().Header().Set(positionHeader, s.replicas.Position().String()) })
		if r.reads() {
			c.SetRequest(c.Request().WithContext(replica.With(c.Request().Context(), at)))
		}
		return next(c)
	}
}
