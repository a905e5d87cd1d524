package api

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/identikit/identikit/internal/apikey"
)

// route is one operation.
type route struct {
	method, path string
	handler      echo.HandlerFunc
	takes        []string     // its query parameters; others are refused
	scope        apikey.Scope // that a key needs for it; "" for everybody
	body         bool         // whether it reads a body; if not, a body is refused, except with GET and HEAD
	repeatable   bool         // whether it needs an Idempotency-Key to be repeated; it must read a body
}

// reads reports whether the route only reads what is stored.
func (r route) reads() bool { return r.scope == apikey.ReadContacts || r.scope == apikey.ReadEvents }

// routes returns all operations. A path has at most one parameter, :id or :code.
func (s *server) routes() []route {
	routes := s.changing()
	for _, r := range s.reading() {
		for _, r.method = range []string{http.MethodGet, http.MethodHead} {
			routes = append(routes, r)
		}
	}
	return routes
}

// changing returns the operations with a body, or that change something.
func (s *server) changing() []route {
	const post, put, del = http.MethodPost, http.MethodPut, http.MethodDelete
	dryRun, page := []string{paramDryRun}, []string{paramAfter, paramLimit}
	two := []string{paramContact, paramOther, paramDryRun}
	return []route{
		{method: post, path: "/identify", handler: s.identify, scope: apikey.Identify, body: true},
		{method: post, path: "/identify/batch", handler: s.identifyBatch, scope: apikey.Identify, body: true},
		{method: post, path: "/observations/:id/retract", handler: s.retract, scope: apikey.Decide, takes: dryRun, body: true},
		{method: post, path: "/observations/:id/restore", handler: s.restore, scope: apikey.Decide, takes: dryRun},
		{method: put, path: "/separations", handler: s.separate, scope: apikey.Decide, takes: dryRun, body: true},
		{method: del, path: "/separations", handler: s.unseparatePair, scope: apikey.Decide, takes: two},
		{method: del, path: "/separations/:id", handler: s.unseparate, scope: apikey.Decide, takes: dryRun},
		{method: post, path: "/refusals/:id/accept", handler: s.accept, scope: apikey.Decide, takes: dryRun},
		{method: post, path: "/refusals/:id/dismiss", handler: s.dismiss, scope: apikey.Decide},
		{method: post, path: "/refusals/:id/reopen", handler: s.reopen, scope: apikey.Decide},
		{method: post, path: "/refusals/search", handler: s.searchRefusals, scope: apikey.ReadContacts, takes: page, body: true},
		{method: post, path: "/refusals/resolve", handler: s.resolveRefusals, scope: apikey.Decide, takes: dryRun, body: true},
		{method: post, path: "/blocked", handler: s.block, scope: apikey.Decide, takes: dryRun, body: true},
		{method: del, path: "/blocked", handler: s.unblockValue, scope: apikey.Decide, takes: dryRun, body: true},
		{method: del, path: "/blocked/:id", handler: s.unblock, scope: apikey.Decide, takes: dryRun},
		{method: del, path: "/suppressions", handler: s.liftValue, scope: apikey.Erase, takes: dryRun, body: true},
		{method: del, path: "/suppressions/:id", handler: s.lift, scope: apikey.Erase, takes: dryRun},
		{method: del, path: "/contacts/:id", handler: s.eraseContact, scope: apikey.Erase, takes: []string{paramDryRun, paramSuppress}},
		{method: post, path: "/erasures", handler: s.eraseValue, scope: apikey.Erase, takes: dryRun, body: true, repeatable: true},
		{method: post, path: "/survey", handler: s.beginSurvey, scope: apikey.ReadContacts},
		{method: post, path: "/contacts/search", handler: s.searchContact, scope: apikey.ReadContacts, body: true},
		{method: post, path: sessionPath, handler: s.beginSession},
		{method: del, path: sessionPath, handler: s.endSession},
		{method: post, path: "/keys", handler: s.createKey, scope: apikey.WriteKeys, body: true, repeatable: true},
		{method: post, path: "/keys/:id/rotate", handler: s.rotateKey, scope: apikey.WriteKeys, body: true, repeatable: true},
		{method: post, path: "/keys/:id/revoke", handler: s.revokeKey, scope: apikey.WriteKeys, body: true},
	}
}

// reading returns the operations that answer GET and HEAD.
func (s *server) reading() []route {
	page, value := []string{paramAfter, paramLimit}, []string{paramEmail, paramPhone}
	return []route{
		{path: "/", handler: s.index},
		{path: "/healthz", handler: s.healthz},
		{path: "/readyz", handler: s.readyz},
		{path: "/openapi.json", handler: s.openapi},
		{path: sessionPath, handler: s.session},
		{path: "/docs", handler: s.docs},
		{path: problemsPath, handler: s.problemIndex},
		{path: problemsPath + "/:code", handler: s.problemByCode},
		{path: "/separations", handler: s.separations, scope: apikey.ReadContacts, takes: page},
		{path: "/refusals", handler: s.refusals, scope: apikey.ReadContacts, takes: page},
		{path: "/refusals/:id", handler: s.refusal, scope: apikey.ReadContacts},
		{path: "/blocked", handler: s.blocks, scope: apikey.ReadContacts, takes: page},
		{path: "/retractions", handler: s.retractions, scope: apikey.ReadContacts, takes: page},
		{path: "/erasures", handler: s.erasures, scope: apikey.ReadContacts, takes: page},
		{path: "/suppressions", handler: s.suppressions, scope: apikey.ReadContacts, takes: page},
		{path: "/statistics", handler: s.statistics, scope: apikey.ReadContacts},
		{path: "/survey", handler: s.survey, scope: apikey.ReadContacts},
		{path: "/contacts", handler: s.contactByValue, scope: apikey.ReadContacts, takes: value},
		{path: "/contacts/:id", handler: s.contactByID, scope: apikey.ReadContacts},
		{path: "/contacts/:id/observations", handler: s.observations, scope: apikey.ReadContacts, takes: page},
		{path: "/contacts/:id/history", handler: s.history, scope: apikey.ReadContacts, takes: page},
		{path: "/contacts/:id/explain", handler: s.explain, scope: apikey.ReadContacts, takes: append([]string{paramWith}, value...)},
		{path: "/keys", handler: s.listKeys, scope: apikey.WriteKeys, takes: page},
		{path: eventsPath, handler: s.events, scope: apikey.ReadEvents, takes: page},
	}
}

// Route is one operation of the API, for programs that go through all of them.
type Route struct {
	Method, Path string       // a parameter is {id}
	Query        []string     // its parameters
	Scope        apikey.Scope // "" for everybody
	Body         bool         // whether it reads one
	Repeatable   bool         // whether it takes an Idempotency-Key
}

// Routes returns all operations.
func Routes() []Route {
	var all []Route
	for _, r := range new(server).routes() {
		all = append(all, Route{r.method, inBraces(r.path), r.takes, r.scope, r.body, r.repeatable})
	}
	return all
}
