// Package e2e tests package client with the real service on a real database. It is a module of its own, so that
// the tests of those who use the client do not need the service.
package e2e
