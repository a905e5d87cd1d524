-- findObservations returns which of the given pairs are recorded, since when, why they do not link
-- (NULL: they do), and whether they stand in the queue of refusals. The tuple, on a line of its own,
-- is repeated by store.FindObservations, one a pair: two IN lists would make the server look up every
-- e-mail with every phone number. The index is forced: MariaDB 11 takes that of the phone numbers
-- alone, of which one may have thousands of e-mails.
-- name: findObservations :many
SELECT o.id, o.email_contact_id, o.phone_contact_id, o.first_seen_at, o.withheld, r.id IS NOT NULL AS queued
FROM observations AS o FORCE INDEX (observations_pair)
LEFT JOIN refusals AS r ON o.withheld IS NOT NULL AND r.observation_id = o.id
WHERE
(o.email_contact_id = ? AND o.phone_contact_id = ?)
;

-- insertObservations records pairs as evidence, or makes recorded ones older and evidence again. The
-- tuple, on a line of its own, is repeated by store.InsertObservations, one a pair. Must run in a
-- transaction that holds the locks on the clusters.
-- name: insertObservations :exec
INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at)
VALUES
(?, ?, LEAST(CURRENT_TIMESTAMP(6), CAST(sqlc.arg(seen_at) AS DATETIME(6))))
ON DUPLICATE KEY UPDATE
    first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at)), withheld = NULL, withheld_at = NULL;

-- withholdObservations records pairs that do not link, or makes recorded ones older and no evidence.
-- The tuple, on a line of its own, is repeated by store.WithholdObservations, one a pair. Must run in
-- a transaction that holds the locks on the clusters.
-- name: withholdObservations :exec
INSERT INTO observations (email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at)
VALUES
(?, ?, LEAST(CURRENT_TIMESTAMP(6), CAST(sqlc.arg(seen_at) AS DATETIME(6))), ?, CURRENT_TIMESTAMP(6))
ON DUPLICATE KEY UPDATE
    first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at)),
    withheld_at = IF(withheld <=> VALUES(withheld), withheld_at, VALUES(withheld_at)),
    withheld = VALUES(withheld);

-- CountFanOut counts, of the contacts given, with how many phone numbers their e-mail came (of_email)
-- and with how many e-mails their phone number. What came with none is left out.
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

-- ListEvidence returns the observations that link the e-mails of the given contacts, by id.
-- name: ListEvidence :many
SELECT id, email_contact_id, phone_contact_id
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id IN (sqlc.slice(email_contact_ids)) AND withheld IS NULL
ORDER BY id;

-- ListEvidenceAround returns the observations that link the e-mails or the phone numbers of the given
-- contacts, each once, in no order. Both branches have their index forced: one contact may have
-- thousands.
-- name: ListEvidenceAround :many
SELECT e.id, e.email_contact_id, e.phone_contact_id
FROM observations AS e FORCE INDEX (observations_pair)
WHERE e.email_contact_id IN (sqlc.slice(email_contact_ids)) AND e.withheld IS NULL
UNION
SELECT p.id, p.email_contact_id, p.phone_contact_id
FROM observations AS p FORCE INDEX (observations_phone_contact_id)
WHERE p.phone_contact_id IN (sqlc.slice(phone_contact_ids)) AND p.withheld IS NULL;

-- ListWithheldOfEmails returns the observations of the e-mails of the given contacts that are withheld
-- for a reason, by id.
-- name: ListWithheldOfEmails :many
SELECT id, email_contact_id, phone_contact_id
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id IN (sqlc.slice(email_contact_ids)) AND withheld = ?
ORDER BY id;

-- RetractObservation makes an observation no evidence. Must run in a transaction that holds the lock
-- on its cluster.
-- name: RetractObservation :exec
UPDATE observations SET withheld = 'retracted', withheld_at = CURRENT_TIMESTAMP(6) WHERE id = ?;

-- MoveEmailObservations gives the observations of an e-mail to the contact that holds it now. Must run
-- in a transaction that holds the lock on the cluster.
-- name: MoveEmailObservations :exec
UPDATE observations FORCE INDEX (observations_pair)
SET email_contact_id = sqlc.arg(to_contact_id)
WHERE email_contact_id = sqlc.arg(from_contact_id);

-- MovePhoneObservations is MoveEmailObservations for a phone number.
-- name: MovePhoneObservations :exec
UPDATE observations FORCE INDEX (observations_phone_contact_id)
SET phone_contact_id = sqlc.arg(to_contact_id)
WHERE phone_contact_id = sqlc.arg(from_contact_id);

-- CountObservationsUpTo counts the observations of the e-mail of a contact and those of its phone
-- number, each up to a limit.
-- name: CountObservationsUpTo :one
SELECT
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM observations AS e FORCE INDEX (observations_pair) WHERE e.email_contact_id = sqlc.arg(email_contact_id) LIMIT ?
    ) AS of_email) AS emails,
    (SELECT COUNT(*) FROM (
        SELECT 1 FROM observations AS p FORCE INDEX (observations_phone_contact_id) WHERE p.phone_contact_id = sqlc.arg(phone_contact_id) LIMIT ?
    ) AS of_phone) AS phones;
