// Package identity holds the domain of Identikit: the identifiers of a person
// (e-mail addresses and phone numbers), the one form in which each of them is
// stored and compared, observations, clusters, and the errors that every other
// package speaks.
//
// Everything here is pure and safe for concurrent use. The package reads no
// environment, keeps no state, and knows neither HTTP nor SQL.
package identity
