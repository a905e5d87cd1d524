-- findObservations returns those of the given pairs that are stored, with the time of the first
-- sighting, the reason why they do not link (NULL if they do), and whether they have a refusal.
-- store.FindObservations repeats the tuple, which must be on its own line, for each pair: with two
-- IN lists the server would look up every e-mail address with every phone number. The index is
-- forced: MariaDB 11 uses the one of the phone numbers alone, although one phone number may have
-- thousands of e-mail addresses.
-- name: findObservations :many
SELECT o.id, o.email_contact_id, o.phone_contact_id, o.first_seen_at, o.withheld, r.id IS NOT NULL AS queued
FROM observations AS o FORCE INDEX (observations_pair)
LEFT JOIN refusals AS r ON o.withheld IS NOT NULL AND r.observation_id = o.id
WHERE
(o.email_contact_id = ? AND o.phone_contact_id = ?)
;

-- insertObservations stores pairs as evidence, or makes stored ones older and evidence again.
-- store.InsertObservations repeats the tuple, which must be on its own line, for each pair. Must
-- run in a transaction that holds the locks on the clusters.
-- name: insertObservations :exec
INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at)
VALUES
(?, ?, LEAST(CURRENT_TIMESTAMP(6), CAST(sqlc.arg(seen_at) AS DATETIME(6))))
ON DUPLICATE KEY UPDATE
    first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at)), withheld = NULL, withheld_at = NULL;

-- insertObservationsNow is insertObservations for pairs that are seen now: the expression for the
-- time costs a third of the statement.
-- name: insertObservationsNow :exec
INSERT INTO observations (email_contact_id, phone_contact_id)
VALUES
(?, ?)
ON DUPLICATE KEY UPDATE withheld = NULL, withheld_at = NULL;

-- withholdObservations stores pairs that do not link, or makes stored ones older and withholds
-- them. store.WithholdObservations repeats the tuple, which must be on its own line, for each pair.
-- Must run in a transaction that holds the locks on the clusters.
-- name: withholdObservations :exec
INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at)
VALUES
(?, ?, LEAST(CURRENT_TIMESTAMP(6), CAST(sqlc.arg(seen_at) AS DATETIME(6))), ?, CURRENT_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE
    first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at)),
    withheld_at = IF(withheld <=> VALUES(withheld), withheld_at, VALUES(withheld_at)),
    withheld = VALUES(withheld);

-- CountFanOut counts, for each of the given contacts, the phone numbers observed with its e-mail
-- address (of_email) and the e-mail addresses observed with its phone number. Contacts without any
-- are left out.
-- name: CountFanOut :many
SELECT e.email_contact_id AS contact_id, CAST(1 AS SIGNED) AS of_email, COUNT(*) AS observations
FROM observations AS e FORCE INDEX (observations_pair)
WHERE e.email_contact_id IN (sqlc.slice(email_contact_ids)) AND e.withheld IS NULL
GROUP BY e.email_contact_id
UNION ALL
SELECT p.phone_contact_id, CAST(0 AS SIGNED), COUNT(*)
FROM observations AS p FORCE INDEX (observations_phone_contact_id)
WHERE p.phone_contact_id IN (sqlc.slice(phone_contact_ids)) AND p.withheld IS NULL
GROUP BY p.phone_contact_id;

-- FindObservation returns one observation.
-- name: FindObservation :one
SELECT id, email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at
FROM observations
WHERE id = ?;

-- ListEvidence returns the observations that link the e-mail addresses of the given contacts, by
-- id.
-- name: ListEvidence :many
SELECT id, email_contact_id, phone_contact_id
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id IN (sqlc.slice(email_contact_ids)) AND withheld IS NULL
ORDER BY id;

-- ListEvidenceAround returns the observations that link the e-mail addresses or the phone numbers
-- of the given contacts, each once, in no order. The indexes of both branches are forced, because
-- one contact may have thousands of observations.
-- name: ListEvidenceAround :many
SELECT e.id, e.email_contact_id, e.phone_contact_id
FROM observations AS e FORCE INDEX (observations_pair)
WHERE e.email_contact_id IN (sqlc.slice(email_contact_ids)) AND e.withheld IS NULL
UNION
SELECT p.id, p.email_contact_id, p.phone_contact_id
FROM observations AS p FORCE INDEX (observations_phone_contact_id)
WHERE p.phone_contact_id IN (sqlc.slice(phone_contact_ids)) AND p.withheld IS NULL;

-- ListWithheldOfEmails returns the observations of the e-mail addresses of the given contacts that
-- are withheld for a reason, by id.
-- name: ListWithheldOfEmails :many
SELECT id, email_contact_id, phone_contact_id
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id IN (sqlc.slice(email_contact_ids)) AND withheld = ?
ORDER BY id;

-- RetractObservation retracts an observation. Must run in a transaction that holds the lock on its
-- cluster.
-- name: RetractObservation :exec
UPDATE observations SET withheld = 'retracted', withheld_at = CURRENT_TIMESTAMP(6) WHERE id = ?;

-- MoveEmailObservations moves the observations of an e-mail address to the contact that holds it
-- now. Must run in a transaction that holds the lock on the cluster.
-- name: MoveEmailObservations :exec
UPDATE observations FORCE INDEX (observations_pair)
SET email_contact_id = sqlc.arg(to_contact_id)
WHERE email_contact_id = sqlc.arg(from_contact_id);

-- MovePhoneObservations is MoveEmailObservations for a phone number.
-- name: MovePhoneObservations :exec
UPDATE observations FORCE INDEX (observations_phone_contact_id)
SET phone_contact_id = sqlc.arg(to_contact_id)
WHERE phone_contact_id = sqlc.arg(from_contact_id);

-- CountObservationsUpTo counts the observations of the e-mail address and those of the phone number
-- of a contact, each up to a limit.
-- name: CountObservationsUpTo :one
SELECT
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM observations AS e FORCE INDEX (observations_pair) WHERE e.email_contact_id = sqlc.arg(email_contact_id) LIMIT ?
    ) AS of_email) AS emails,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM observations AS p FORCE INDEX (observations_phone_contact_id) WHERE p.phone_contact_id = sqlc.arg(phone_contact_id) LIMIT ?
    ) AS of_phone) AS phones;
