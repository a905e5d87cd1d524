-- InsertBlock blocks the value of a contact and returns the id of the block; that of one that is
-- blocked already gets the new reason. Must run in a transaction that holds the lock on the cluster.
-- name: InsertBlock :execlastid
INSERT INTO blocks (contact_id, reason)
VALUES (?, ?)
ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id), reason = VALUES(reason);

-- FindBlock returns one block.
-- name: FindBlock :one
SELECT id, contact_id, reason, created_at, updated_at
FROM blocks
WHERE id = ?;

-- ListBlocks returns the next blocks by id, with their values.
-- name: ListBlocks :many
SELECT b.id, b.contact_id, c.email, c.phone_number, b.reason, b.created_at
FROM blocks AS b
JOIN contacts AS c ON c.id = b.contact_id
WHERE b.id > sqlc.arg(after_id)
ORDER BY b.id
LIMIT ?;

-- DeleteBlock ends a block.
-- name: DeleteBlock :exec
DELETE FROM blocks WHERE id = ?;

-- DeleteBlockOf ends the block of a contact, if there is one. Must run in a transaction that holds the
-- lock on its cluster.
-- name: DeleteBlockOf :exec
DELETE FROM blocks WHERE contact_id = ?;

-- MarkBlocked notes of a contact whether its value is blocked. Must run in a transaction that holds
-- the lock on its cluster.
-- name: MarkBlocked :exec
UPDATE contacts SET blocked = ? WHERE id = ?;

-- BlockEmail makes the next observations of an e-mail no evidence, and returns how many. Must run in a
-- transaction that holds the lock on the cluster.
-- name: BlockEmail :execrows
UPDATE observations
SET withheld = 'blocked', withheld_at = CURRENT_TIMESTAMP(6)
WHERE email_contact_id = ? AND withheld IS NULL
ORDER BY id
LIMIT ?;

-- BlockPhoneNumber is BlockEmail for a phone number.
-- name: BlockPhoneNumber :execrows
UPDATE observations
SET withheld = 'blocked', withheld_at = CURRENT_TIMESTAMP(6)
WHERE phone_contact_id = ? AND withheld IS NULL
ORDER BY id
LIMIT ?;

-- ListBlocked returns the next observations of a contact that are withheld because a value is blocked,
-- by id.
-- name: ListBlocked :many
SELECT o.id, o.email_contact_id, o.phone_contact_id
FROM observations AS o
WHERE o.email_contact_id = sqlc.arg(contact_id) AND o.withheld = 'blocked' AND o.id > sqlc.arg(after_id)
UNION
SELECT p.id, p.email_contact_id, p.phone_contact_id
FROM observations AS p
WHERE p.phone_contact_id = sqlc.arg(contact_id) AND p.withheld = 'blocked' AND p.id > sqlc.arg(after_id)
ORDER BY id
LIMIT ?;

-- CountBlocked counts the observations of a contact that link still, and those that are withheld
-- because it is blocked.
-- name: CountBlocked :one
SELECT COUNT(CASE WHEN withheld IS NULL THEN 1 END) AS linking, COUNT(CASE WHEN withheld = 'blocked' THEN 1 END) AS blocked
FROM observations
WHERE email_contact_id = sqlc.arg(contact_id) OR phone_contact_id = sqlc.arg(contact_id);
