-- findObservations returns which of the given pairs are recorded, and since when. The tuple, on a
-- line of its own, is repeated by store.FindObservations, one a pair: two IN lists would make the
-- server look up every e-mail with every phone number. The index is forced: MariaDB 11 takes that of
-- the phone numbers alone, of which one may have thousands of e-mails.
-- name: findObservations :many
SELECT email_contact_id, phone_contact_id, first_seen_at
FROM observations FORCE INDEX (observations_pair)
WHERE
(email_contact_id = ? AND phone_contact_id = ?)
;

-- insertObservations records pairs, or makes recorded ones older. The tuple, on a line of its own,
-- is repeated by store.InsertObservations, one a pair. Must run in a transaction that holds the
-- locks on the clusters.
-- name: insertObservations :exec
INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at)
VALUES
(?, ?, LEAST(CURRENT_TIMESTAMP(6), CAST(sqlc.arg(seen_at) AS DATETIME(6))))
ON DUPLICATE KEY UPDATE first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at));
