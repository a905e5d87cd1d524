-- FindMatches returns the contacts that hold one of the e-mail addresses or one of the phone
-- numbers, with their primaries, in no order. A contact that holds both is returned twice.
-- name: FindMatches :many
SELECT id, COALESCE(linked_id, id) AS primary_id
FROM contacts
WHERE contacts.email IN (sqlc.slice(emails))
UNION ALL
SELECT p.id, COALESCE(p.linked_id, p.id)
FROM contacts AS p
WHERE p.phone_number IN (sqlc.slice(phone_numbers));

-- FindContacts returns the contacts that hold one of the e-mail addresses or one of the phone
-- numbers, in no order. A contact that holds both is returned twice.
-- name: FindContacts :many
SELECT id, email, phone_number, linked_id, created_at
FROM contacts
WHERE contacts.email IN (sqlc.slice(emails))
UNION ALL
SELECT p.id, p.email, p.phone_number, p.linked_id, p.created_at
FROM contacts AS p
WHERE p.phone_number IN (sqlc.slice(phone_numbers));

-- ListMembers returns all contacts of the clusters with the given primaries, in no order. An id
-- that is no longer a primary is returned alone, with its linked_id. A row says whether the server is
-- read-only: one that was demoted may lack what its successor has stored. The index is forced: nearly
-- all linked_id are NULL, so a full scan looks cheap to the optimizer.
-- name: ListMembers :many
SELECT
    id, email, phone_number, linked_id, created_at, blocked, separated,
    CAST(@@global.read_only NOT IN ('0', 'OFF') AS SIGNED) AS read_only
FROM contacts
WHERE contacts.id IN (sqlc.slice(roots))
UNION ALL
SELECT
    s.id, s.email, s.phone_number, s.linked_id, s.created_at, s.blocked, s.separated,
    CAST(@@global.read_only NOT IN ('0', 'OFF') AS SIGNED)
FROM contacts AS s FORCE INDEX (contacts_linked_id)
WHERE s.linked_id IN (sqlc.slice(linked_ids));

-- ListClustersByEmail returns the primaries that hold one of the e-mails, once for each of their
-- secondaries, or once without any, in no order. The index is forced, and read_only is as in ListMembers.
-- name: ListClustersByEmail :many
SELECT
    e.id, e.email, e.phone_number, e.created_at, e.blocked, e.separated,
    s.id AS secondary_id, s.email AS secondary_email, s.phone_number AS secondary_phone_number,
    s.created_at AS secondary_created_at, COALESCE(s.blocked, FALSE) AS secondary_blocked,
    COALESCE(s.separated, FALSE) AS secondary_separated,
    CAST(@@global.read_only NOT IN ('0', 'OFF') AS SIGNED) AS read_only
FROM contacts AS e FORCE INDEX (contacts_email)
LEFT JOIN contacts AS s FORCE INDEX (contacts_linked_id) ON s.linked_id = e.id
WHERE e.email IN (sqlc.slice(emails)) AND e.linked_id IS NULL;

-- LockRoots locks those of the given contacts that are still primaries, in ascending id, and
-- returns their ids. The lock on a primary is the mutex of its cluster. Must run in a transaction.
-- The index is forced: for a long list the server would scan all rows whose linked_id is NULL.
-- name: LockRoots :many
SELECT id
FROM contacts FORCE INDEX (PRIMARY)
WHERE id IN (sqlc.slice(ids)) AND linked_id IS NULL
ORDER BY id
FOR UPDATE;

-- TouchRoots writes to primaries that the transaction has locked, so that a transaction on another node of
-- a group or cluster that changes the same clusters conflicts with this one: locks do not reach that far.
-- Must run in a transaction that holds their locks.
-- name: TouchRoots :exec
UPDATE contacts SET updated_at = CURRENT_TIMESTAMP(6)
WHERE id IN (sqlc.slice(ids));

-- LockFreeRoots is LockRoots without waiting: it skips contacts that another transaction has
-- locked. Must run in a transaction.
-- name: LockFreeRoots :many
SELECT id
FROM contacts FORCE INDEX (PRIMARY)
WHERE id IN (sqlc.slice(ids)) AND linked_id IS NULL
ORDER BY id
FOR UPDATE SKIP LOCKED;

-- ProbeEmail fails at once with a lock error if another transaction is inserting, changing or
-- erasing a contact with the e-mail address. It locks the contact until the end of the transaction.
-- name: ProbeEmail :many
SELECT id
FROM contacts
WHERE email = ?
ORDER BY id
FOR UPDATE NOWAIT;

-- ProbePhoneNumber is ProbeEmail for a phone number.
-- name: ProbePhoneNumber :many
SELECT id
FROM contacts
WHERE phone_number = ?
ORDER BY id
FOR UPDATE NOWAIT;

-- FindClock returns the time of the database, the distance between two ids of one INSERT, whether the
-- server may be a node of Galera, which changes that distance with the number of nodes, and whether it is
-- TiDB, which does not promise one.
-- name: FindClock :one
SELECT
    CAST(CURRENT_TIMESTAMP(6) AS DATETIME(6)) AS now,
    CAST(@@auto_increment_increment AS UNSIGNED) AS id_step,
    CAST(VERSION() LIKE '%MariaDB%' OR @@version_comment LIKE '%Cluster%' AS SIGNED) AS maybe_galera,
    CAST(VERSION() LIKE '%TiDB%' AS SIGNED) AS is_tidb;

-- insertContacts inserts contacts and returns the id of the first; ids ascend in the order of the tuples.
-- The tuple, on a line of its own, is repeated by store.InsertContacts, once for each contact.
-- name: insertContacts :execlastid
INSERT INTO contacts (email, phone_number, linked_id, first_linked_id, link_precedence, created_at)
VALUES
(?, ?, ?, ?, ?, ?)
;

-- moveContacts changes the link and the age of existing contacts, several in one statement.
-- store.MoveContacts repeats the tuple, which is the whole contact. A first_linked_id of 0 keeps the
-- stored one. Must run in a transaction that holds the locks on all clusters involved.
-- name: moveContacts :exec
INSERT INTO contacts (id, email, phone_number, linked_id, first_linked_id, link_precedence, created_at)
VALUES
(?, ?, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    linked_id = VALUES(linked_id), link_precedence = VALUES(link_precedence), created_at = VALUES(created_at),
    first_linked_id = IF(VALUES(first_linked_id) = 0, first_linked_id, VALUES(first_linked_id));

-- MakePrimaries makes contacts primaries. The index is forced: in a small table the server would
-- scan all rows and wait for other transactions' locks. Must run in a transaction that holds the
-- locks on all clusters involved.
-- name: MakePrimaries :exec
UPDATE contacts FORCE INDEX (PRIMARY) SET linked_id = NULL, link_precedence = 'primary' WHERE id IN (sqlc.slice(ids));

-- MoveTo makes contacts secondaries of a primary. Must run in a transaction that holds the locks on
-- all clusters involved.
-- name: MoveTo :exec
UPDATE contacts FORCE INDEX (PRIMARY)
SET linked_id = sqlc.arg(primary_id), link_precedence = 'secondary'
WHERE id IN (sqlc.slice(ids));

-- FindPrimaries returns the primaries of contacts, in no order. A tombstone is its own primary.
-- name: FindPrimaries :many
SELECT id, COALESCE(linked_id, id) AS primary_id, deleted_at
FROM contacts
WHERE contacts.id IN (sqlc.slice(ids));

-- ListContactsByID returns contacts, in no order.
-- name: ListContactsByID :many
SELECT
    id, email, phone_number, linked_id, created_at, blocked, separated,
    CAST(@@global.read_only NOT IN ('0', 'OFF') AS SIGNED) AS read_only
FROM contacts
WHERE contacts.id IN (sqlc.slice(ids));

-- CountSecondaries returns how many secondaries each of the given primaries has, in no order.
-- Primaries without secondaries are left out.
-- name: CountSecondaries :many
SELECT CAST(linked_id AS UNSIGNED) AS primary_id, COUNT(*) AS secondaries
FROM contacts FORCE INDEX (contacts_linked_id)
WHERE linked_id IN (sqlc.slice(primary_ids))
GROUP BY linked_id;

-- CountSecondariesUpTo counts the secondaries of a primary, up to a limit.
-- name: CountSecondariesUpTo :one
SELECT COUNT(*) FROM (
    SELECT 1 FROM contacts AS c FORCE INDEX (contacts_linked_id) WHERE c.linked_id = ? LIMIT ?
) AS s;

-- CountValuesUpTo counts the e-mail addresses and phone numbers of the secondaries of a primary,
-- reading secondaries up to a limit.
-- name: CountValuesUpTo :one
SELECT CAST(COALESCE(SUM(s.held), 0) AS SIGNED) AS held
FROM (
    SELECT (c.email IS NOT NULL) + (c.phone_number IS NOT NULL) AS held
    FROM contacts AS c FORCE INDEX (contacts_linked_id)
    WHERE c.linked_id = ?
    LIMIT ?
) AS s;

-- MoveSecondaries links all secondaries of a primary to another one. Must run in a transaction that
-- holds the locks on both clusters.
-- name: MoveSecondaries :exec
UPDATE contacts FORCE INDEX (contacts_linked_id) SET linked_id = sqlc.arg(to_primary_id) WHERE linked_id = sqlc.arg(from_primary_id);

-- DropPhoneNumber removes the phone number from a contact that also holds an e-mail address. Must
-- run in a transaction that holds the lock on its cluster.
-- name: DropPhoneNumber :exec
UPDATE contacts SET phone_number = NULL WHERE id = ?;

-- MarkSeparated sets whether contacts are part of a separation. Must run in a transaction that
-- holds the locks on their clusters.
-- name: MarkSeparated :exec
UPDATE contacts
SET separated = EXISTS (
    SELECT 1 FROM separations AS s WHERE s.contact_id = contacts.id
    UNION ALL
    SELECT 1 FROM separations AS t WHERE t.other_contact_id = contacts.id
)
WHERE contacts.id IN (sqlc.slice(ids));
