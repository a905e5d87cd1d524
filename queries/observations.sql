-- findObservations returns which of the given pairs are recorded. The tuple in parentheses is
-- repeated by store.FindObservations, one a pair: two IN lists would make the server look up
-- every e-mail with every phone number.
-- name: findObservations :many
SELECT email_contact_id, phone_contact_id
FROM observations
WHERE (email_contact_id = ? AND phone_contact_id = ?);

-- insertObservations records pairs. The VALUES tuple is repeated by store.InsertObservations, one
-- a pair. Must run in a transaction that holds the lock on the cluster.
-- name: insertObservations :exec
INSERT INTO observations (email_contact_id, phone_contact_id)
VALUES (?, ?);
