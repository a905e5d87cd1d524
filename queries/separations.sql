-- ListSeparationsFrom returns the separations in which one of the given contacts has the smaller
-- id, in no order.
-- name: ListSeparationsFrom :many
SELECT contact_id, other_contact_id
FROM separations
WHERE contact_id IN (sqlc.slice(ids));

-- InsertSeparation separates two contacts, the smaller id first, and returns the id of the
-- separation. An existing one keeps its id and gets the new reason. Must run in a transaction that
-- holds the locks on their clusters.
-- name: InsertSeparation :execlastid
INSERT INTO separations (contact_id, other_contact_id, reason, key_id)
VALUES (?, ?, ?, ?)
ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), reason = VALUES(reason), key_id = VALUES(key_id);

-- FindSeparation returns one separation.
-- name: FindSeparation :one
SELECT id, contact_id, other_contact_id, reason, key_id, created_at, updated_at
FROM separations
WHERE id = ?;

-- ListSeparations returns the next separations by id.
-- name: ListSeparations :many
SELECT id, contact_id, other_contact_id, reason, key_id, created_at, updated_at
FROM separations
WHERE id > sqlc.arg(after_id)
ORDER BY id
LIMIT ?;

-- DeleteSeparation ends a separation. Must run in a transaction that holds the locks on the
-- clusters.
-- name: DeleteSeparation :exec
DELETE FROM separations WHERE id = ?;

-- ListSeparationsWith returns the separations of the given contacts, in no order. One between two
-- of them is returned twice.
-- name: ListSeparationsWith :many
SELECT s.contact_id, s.other_contact_id
FROM separations AS s
WHERE s.contact_id IN (sqlc.slice(contact_ids))
UNION ALL
SELECT o.contact_id, o.other_contact_id
FROM separations AS o
WHERE o.other_contact_id IN (sqlc.slice(other_contact_ids));
