-- ListSeparationsFrom returns the separations of which one of the given contacts has the smaller id, in
-- no order.
-- name: ListSeparationsFrom :many
SELECT contact_id, other_contact_id
FROM separations
WHERE contact_id IN (sqlc.slice(ids));

-- InsertSeparation separates two contacts, the smaller id first, and returns its id; that of two that
-- are separated already gets the new reason. Must run in a transaction that holds the locks on their
-- clusters.
-- name: InsertSeparation :execlastid
INSERT INTO separations (contact_id, other_contact_id, reason)
VALUES (?, ?, ?)
ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), reason = VALUES(reason);

-- FindSeparation returns one separation.
-- name: FindSeparation :one
SELECT id, contact_id, other_contact_id, reason, created_at
FROM separations
WHERE id = ?;

-- ListSeparations returns the next separations by id.
-- name: ListSeparations :many
SELECT id, contact_id, other_contact_id, reason, created_at
FROM separations
WHERE id > sqlc.arg(after_id)
ORDER BY id
LIMIT ?;

-- DeleteSeparation ends a separation. Must run in a transaction that holds the locks on the clusters.
-- name: DeleteSeparation :exec
DELETE FROM separations WHERE id = ?;
