-- ListObservationsOf returns the observations, withheld ones too, of the e-mail of one contact and
-- of the phone number of another, or the same; 0 is nobody. Each once, in no order. Each branch has
-- its index forced: one of them is of thousands where a value is blocked.
-- name: ListObservationsOf :many
SELECT e.id
FROM observations AS e FORCE INDEX (observations_pair)
WHERE e.email_contact_id = sqlc.arg(email_contact_id)
UNION
SELECT p.id
FROM observations AS p FORCE INDEX (observations_phone_contact_id)
WHERE p.phone_contact_id = sqlc.arg(phone_contact_id);

-- DeleteRefusals deletes the refusals of observations and returns how many there were. The list is
-- given and no subquery: MariaDB would run that for every refusal there is.
-- name: DeleteRefusals :execrows
DELETE FROM refusals WHERE observation_id IN (sqlc.slice(observation_ids));

-- DeleteObservations deletes observations and returns how many there were. Their refusals must be
-- gone, and the lock on the cluster of the erased end held: whoever links a pair holds both.
-- name: DeleteObservations :execrows
DELETE FROM observations WHERE id IN (sqlc.slice(ids));

-- ListSeparationsOf returns the separations that name a contact, each with the other, in no order.
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

-- DropEmail takes the e-mail from a contact that holds a phone number, too. Must run in a transaction
-- that holds the lock on its cluster.
-- name: DropEmail :exec
UPDATE contacts SET email = NULL WHERE id = ?;

-- MakeTombstone takes everything from a contact but its id. No other may be linked to it any more.
-- Must run in a transaction that holds the lock on the cluster that it was in.
-- name: MakeTombstone :exec
UPDATE contacts
SET email = NULL, phone_number = NULL, linked_id = NULL, link_precedence = 'primary', blocked = FALSE, separated = FALSE,
    deleted_at = CURRENT_TIMESTAMP(6)
WHERE id = ?;

-- FindErasedAt returns when a contact lost its values, or one of them just now.
-- name: FindErasedAt :one
SELECT CAST(COALESCE(deleted_at, updated_at) AS DATETIME(6)) AS erased_at
FROM contacts
WHERE id = ?;

-- InsertErasure keeps the receipt of an erasure. Must run in its transaction.
-- name: InsertErasure :exec
INSERT INTO erasures (
    contact_id, tombstone, suppressed, observations, refusals, separations, blocks, members_before, members_after, erased_at
)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- FindErasure returns the receipt of a contact that was erased.
-- name: FindErasure :one
SELECT contact_id, tombstone, suppressed, observations, refusals, separations, blocks, members_before, members_after, erased_at
FROM erasures
WHERE contact_id = ? AND tombstone
ORDER BY id
LIMIT 1;
