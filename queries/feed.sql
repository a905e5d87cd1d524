-- FindFeed returns the last number that was assigned, and whether committed change sets are without
-- a number, both from one snapshot. It locks nothing.
-- name: FindFeed :one
SELECT
    f.last_number,
    EXISTS (SELECT 1 FROM change_sets AS c FORCE INDEX (change_sets_last_number) WHERE c.last_number IS NULL) AS waiting
FROM event_feed AS f
WHERE f.id = 1;

-- LockFeed returns the last number that was assigned and locks it, so that only one transaction
-- assigns numbers. Must run in a transaction, before ListUnnumbered.
-- name: LockFeed :one
SELECT last_number
FROM event_feed
WHERE id = 1
ORDER BY id
FOR UPDATE;

-- ListUnnumbered returns the first committed change sets without a number, by id. It must not lock,
-- because it would wait for all writers.
-- name: ListUnnumbered :many
SELECT id, size
FROM change_sets FORCE INDEX (change_sets_last_number)
WHERE last_number IS NULL
ORDER BY id
LIMIT ?;

-- NumberChangeSets assigns numbers to change sets. All lists are in the order of their ids,
-- ascending: the ids twice, and the number of the last event of each. Must run in a transaction that
-- holds the lock of LockFeed. It locks these sets, which no other transaction changes. The index is
-- forced: the scan of a small table would wait for all writers.
-- name: NumberChangeSets :execrows
UPDATE change_sets FORCE INDEX (PRIMARY)
SET last_number = CAST(ELT(INTERVAL(id, sqlc.slice(places)), sqlc.slice(numbers)) AS UNSIGNED)
WHERE id IN (sqlc.slice(ids));

-- SetLastNumber stores the last number that was assigned. Must run in a transaction that holds the
-- lock of LockFeed.
-- name: SetLastNumber :exec
UPDATE event_feed SET last_number = ? WHERE id = 1;

-- listChangeSets returns the change sets with the events after a number, in their order, as far as
-- the set with the event up_to.
-- name: listChangeSets :many
SELECT c.id, c.last_number, c.size, c.events, c.key_id, c.created_at
FROM change_sets AS c FORCE INDEX (change_sets_last_number)
WHERE c.last_number > sqlc.arg(after_number) AND c.last_number <= COALESCE((
    SELECT MIN(l.last_number) FROM change_sets AS l FORCE INDEX (change_sets_last_number) WHERE l.last_number >= sqlc.arg(up_to)
), 18446744073709551615)
ORDER BY c.last_number;

-- ListOldestSets returns the change sets with the lowest numbers, without their events.
-- name: ListOldestSets :many
SELECT id, last_number, size, created_at
FROM change_sets FORCE INDEX (change_sets_last_number)
WHERE last_number IS NOT NULL
ORDER BY last_number
LIMIT ?;

-- DeleteChangeSet deletes one change set. It does not take several: if they are a large part of the
-- table, the server scans it in spite of a forced index, and waits for all writers.
-- name: DeleteChangeSet :execrows
DELETE FROM change_sets WHERE id = ?;
