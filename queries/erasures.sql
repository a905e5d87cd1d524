-- ListObservationsOf returns the observations of the e-mail address of one contact and of the phone
-- number of another or the same contact, including withheld ones; 0 stands for no contact. Each is
-- returned once, in no order. The indexes of both branches are forced, because a blocked value may
-- have thousands of observations.
-- name: ListObservationsOf :many
SELECT e.id
FROM observations AS e FORCE INDEX (observations_pair)
WHERE e.email_contact_id = sqlc.arg(email_contact_id)
UNION
SELECT p.id
FROM observations AS p FORCE INDEX (observations_phone_contact_id)
WHERE p.phone_contact_id = sqlc.arg(phone_contact_id);

-- DeleteRefusals deletes the refusals of observations and returns their number. It takes a list
-- instead of a subquery, which MariaDB would run for every refusal.
-- name: DeleteRefusals :execrows
DELETE FROM refusals WHERE observation_id IN (sqlc.slice(observation_ids));

-- DeleteObservations deletes observations and returns their number. Their refusals and retractions must have
-- been deleted before. Must run in a transaction that holds the lock on the cluster of the erased value:
-- linking a pair requires the locks of both its clusters.
-- name: DeleteObservations :execrows
DELETE FROM observations WHERE id IN (sqlc.slice(ids));

-- ListSeparationsOf returns the separations of a contact, each with the other contact, in no order.
-- name: ListSeparationsOf :many
SELECT a.id, a.other_contact_id AS other_id
FROM separations AS a
WHERE a.contact_id = sqlc.arg(contact_id)
UNION ALL
SELECT b.id, b.contact_id
FROM separations AS b
WHERE b.other_contact_id = sqlc.arg(contact_id);

-- DeleteSeparations deletes separations. Must run in a transaction that holds the locks on the
-- clusters of both sides.
-- name: DeleteSeparations :execrows
DELETE FROM separations WHERE id IN (sqlc.slice(ids));

-- DropEmail removes the e-mail address from a contact that also holds a phone number. Must run in a
-- transaction that holds the lock on its cluster.
-- name: DropEmail :exec
UPDATE contacts SET email = NULL WHERE id = ?;

-- MakeTombstone removes everything from a contact but its id. No other contact may be linked to it.
-- Must run in a transaction that holds the lock on the cluster that it was in.
-- name: MakeTombstone :exec
UPDATE contacts
SET email = NULL, phone_number = NULL, linked_id = NULL, link_precedence = 'primary', blocked = FALSE, separated = FALSE,
    deleted_at = CURRENT_TIMESTAMP(6)
WHERE id = ?;

-- FindErasedAt returns when a contact was erased. For a contact that keeps a value, the result is
-- valid only in the transaction that erases the other one.
-- name: FindErasedAt :one
SELECT CAST(COALESCE(deleted_at, updated_at) AS DATETIME(6)) AS erased_at
FROM contacts
WHERE id = ?;

-- InsertErasure stores the receipt of an erasure and returns its id. Must run in the transaction of the
-- erasure.
-- name: InsertErasure :execlastid
INSERT INTO erasures (
    contact_id, tombstone, suppressed, observations, refusals, separations, blocks, members_before, members_after, key_id, erased_at
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- FindErasure returns the receipt of an erased contact.
-- name: FindErasure :one
SELECT
    id, contact_id, tombstone, suppressed, observations, refusals, separations, blocks, members_before, members_after, key_id,
    erased_at
FROM erasures
WHERE contact_id = ? AND tombstone
ORDER BY id
LIMIT 1;

-- FindErasureByID returns a receipt.
-- name: FindErasureByID :one
SELECT
    id, contact_id, tombstone, suppressed, observations, refusals, separations, blocks, members_before, members_after, key_id,
    erased_at
FROM erasures
WHERE id = ?;

-- ListErasuresOf returns the ids of the receipts of a contact, in no order.
-- name: ListErasuresOf :many
SELECT id
FROM erasures
WHERE contact_id = ?;
