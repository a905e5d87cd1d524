package api

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// route is one operation.
type route struct {
	method, path string
	handler      echo.HandlerFunc
	takes        []string // its query parameters; others are refused
	body         bool     // whether it reads a body; if not, a body is refused, except with GET and HEAD
}

// routes returns all operations. A path has at most one parameter, :id.
func (s *server) routes() []route {
	const (
		get, head, post, put, del = http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete
	)
	dryRun, page, value := []string{paramDryRun}, []string{paramAfter, paramLimit}, []string{paramEmail, paramPhone}
	routes := []route{
		{method: post, path: "/identify", handler: s.identify, body: true},
		{method: post, path: "/identify/batch", handler: s.identifyBatch, body: true},
		{method: del, path: "/observations/:id", handler: s.retract, takes: dryRun},
		{method: post, path: "/observations/:id/restore", handler: s.restore, takes: dryRun},
		{method: put, path: "/separations", handler: s.separate, takes: dryRun, body: true},
		{method: del, path: "/separations", handler: s.unseparatePair, takes: []string{paramContact, paramOther, paramDryRun}},
		{method: del, path: "/separations/:id", handler: s.unseparate, takes: dryRun},
		{method: post, path: "/refusals/:id/accept", handler: s.accept, takes: dryRun},
		{method: post, path: "/refusals/:id/dismiss", handler: s.dismiss},
		{method: post, path: "/blocked", handler: s.block, takes: dryRun, body: true},
		{method: del, path: "/blocked", handler: s.unblockValue, takes: dryRun, body: true},
		{method: del, path: "/blocked/:id", handler: s.unblock, takes: dryRun},
		{method: del, path: "/suppressions", handler: s.liftValue, takes: dryRun, body: true},
		{method: del, path: "/suppressions/:id", handler: s.lift, takes: dryRun},
		{method: del, path: "/contacts/:id", handler: s.eraseContact, takes: []string{paramDryRun, paramSuppress}},
		{method: post, path: "/erasures", handler: s.eraseValue, takes: dryRun, body: true},
	}
	for _, r := range []route{
		{path: "/", handler: s.index},
		{path: "/healthz", handler: s.healthz},
		{path: "/readyz", handler: s.readyz},
		{path: "/openapi.json", handler: s.openapi},
		{path: "/separations", handler: s.separations, takes: page},
		{path: "/refusals", handler: s.refusals, takes: page},
		{path: "/blocked", handler: s.blocks, takes: page},
		{path: "/suppressions", handler: s.suppressions, takes: page},
		{path: "/contacts", handler: s.contactByValue, takes: value},
		{path: "/contacts/:id", handler: s.contactByID},
		{path: "/contacts/:id/observations", handler: s.observations, takes: page},
		{path: "/contacts/:id/history", handler: s.history, takes: page},
		{path: "/contacts/:id/explain", handler: s.explain, takes: append([]string{paramWith}, value...)},
		{path: eventsPath, handler: s.events, takes: page},
	} {
		for _, r.method = range []string{get, head} {
			routes = append(routes, r)
		}
	}
	return routes
}
