-- InsertBlock blocks the value of a contact and returns the id of the block. An existing block
-- keeps its id and gets the new reason. Must run in a transaction that holds the lock on the
-- cluster.
-- name: InsertBlock :execlastid
INSERT INTO blocks (contact_id, reason, key_id, complete, after_id, linking, withheld)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    id = LAST_INSERT_ID(id), reason = VALUES(reason), key_id = VALUES(key_id), complete = VALUES(complete), after_id = VALUES(after_id),
    linking = VALUES(linking), withheld = VALUES(withheld);

-- UpdateBlock records the progress of ending a block; the block is then incomplete. Must run in a
-- transaction that holds the lock on the cluster.
-- name: UpdateBlock :exec
UPDATE blocks SET complete = FALSE, after_id = ?, linking = ?, withheld = ? WHERE id = ?;

-- ListEmailsToBlock returns the first e-mail addresses that match the pattern, sorted, without
-- those that are blocked completely.
-- name: ListEmailsToBlock :many
SELECT c.email
FROM contacts AS c FORCE INDEX (contacts_email)
LEFT JOIN blocks AS b ON b.contact_id = c.id
WHERE c.email LIKE sqlc.arg(pattern) AND (b.id IS NULL OR NOT b.complete)
ORDER BY c.email
LIMIT ?;

-- ListPhoneNumbersToBlock returns the given phone numbers that a contact holds, in no order,
-- without those that are blocked completely.
-- name: ListPhoneNumbersToBlock :many
SELECT c.phone_number
FROM contacts AS c
LEFT JOIN blocks AS b ON b.contact_id = c.id
WHERE c.phone_number IN (sqlc.slice(phone_numbers)) AND (b.id IS NULL OR NOT b.complete);

-- FindBlock returns one block.
-- name: FindBlock :one
SELECT id, contact_id, reason, key_id, complete, after_id, linking, withheld, created_at, updated_at
FROM blocks
WHERE id = ?;

-- ListBlocks returns the next blocks by id, with their values.
-- name: ListBlocks :many
SELECT b.id, b.contact_id, c.email, c.phone_number, b.reason, b.key_id, b.created_at
FROM blocks AS b
JOIN contacts AS c ON c.id = b.contact_id
WHERE b.id > sqlc.arg(after_id)
ORDER BY b.id
LIMIT ?;

-- DeleteBlock ends a block.
-- name: DeleteBlock :exec
DELETE FROM blocks WHERE id = ?;

-- FindBlockOf returns the block of a contact.
-- name: FindBlockOf :one
SELECT id, contact_id, reason, key_id, complete, after_id, linking, withheld, created_at, updated_at
FROM blocks
WHERE contact_id = ?;

-- DeleteBlockOf ends the block of a contact and returns 0 if there was none. Must run in a
-- transaction that holds the lock on its cluster.
-- name: DeleteBlockOf :execrows
DELETE FROM blocks WHERE contact_id = ?;

-- MarkBlocked sets whether the value of a contact is blocked. Must run in a transaction that holds
-- the lock on its cluster.
-- name: MarkBlocked :exec
UPDATE contacts SET blocked = ? WHERE id = ?;

-- ListObservationsOfEmail returns the next observations of an e-mail address that link, or that are
-- withheld for the given reason, by the contact of the phone number.
-- name: ListObservationsOfEmail :many
SELECT id, email_contact_id, phone_contact_id
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id = sqlc.arg(contact_id) AND phone_contact_id > sqlc.arg(after_id) AND withheld <=> sqlc.narg(withheld)
ORDER BY phone_contact_id
LIMIT ?;

-- ListObservationsOfPhoneNumber is ListObservationsOfEmail for a phone number, by the contact of
-- the e-mail address.
-- name: ListObservationsOfPhoneNumber :many
SELECT id, email_contact_id, phone_contact_id
FROM observations FORCE INDEX (observations_phone_contact_id)
WHERE phone_contact_id = sqlc.arg(contact_id) AND email_contact_id > sqlc.arg(after_id) AND withheld <=> sqlc.narg(withheld)
ORDER BY email_contact_id
LIMIT ?;

-- BlockObservations withholds observations because a value is blocked. Must run in a transaction
-- that holds the locks on their clusters.
-- name: BlockObservations :exec
UPDATE observations FORCE INDEX (PRIMARY)
SET withheld = 'blocked', withheld_at = CURRENT_TIMESTAMP(6)
WHERE id IN (sqlc.slice(ids));

-- CountBlocked counts the observations of a contact's only value: those that link, and those that
-- are withheld because a value is blocked.
-- name: CountBlocked :one
SELECT CAST(COALESCE(SUM(linking), 0) AS SIGNED) AS linking, CAST(COALESCE(SUM(blocked), 0) AS SIGNED) AS blocked
FROM (
    SELECT e.withheld IS NULL AS linking, e.withheld <=> 'blocked' AS blocked
    FROM observations AS e FORCE INDEX (observations_pair)
    WHERE e.email_contact_id = sqlc.arg(email_contact_id)
    UNION ALL
    SELECT p.withheld IS NULL, p.withheld <=> 'blocked'
    FROM observations AS p FORCE INDEX (observations_phone_contact_id)
    WHERE p.phone_contact_id = sqlc.arg(phone_contact_id)
) AS o;
