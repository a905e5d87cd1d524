-- FindFeed returns the last number that was assigned, and whether committed events are without a
-- number, both from one snapshot. It locks nothing.
-- name: FindFeed :one
SELECT
    f.last_number,
    EXISTS (SELECT 1 FROM events AS e FORCE INDEX (events_feed_number) WHERE e.feed_number IS NULL) AS waiting
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

-- ListUnnumbered returns the first committed events without a number, by id. It must not lock,
-- because it would wait for all writers.
-- name: ListUnnumbered :many
SELECT id
FROM events FORCE INDEX (events_feed_number)
WHERE feed_number IS NULL
ORDER BY id
LIMIT ?;

-- NumberEvents assigns the numbers after last_number to events. Both lists are their ids in
-- ascending order. Must run in a transaction that holds the lock of LockFeed. It locks these
-- events, which no other transaction changes. The index is forced: the scan of a small table would
-- wait for all writers.
-- name: NumberEvents :execrows
UPDATE events FORCE INDEX (PRIMARY)
SET feed_number = sqlc.arg(last_number) + INTERVAL(id, sqlc.slice(places))
WHERE id IN (sqlc.slice(ids));

-- SetLastNumber stores the last number that was assigned. Must run in a transaction that holds the
-- lock of LockFeed.
-- name: SetLastNumber :exec
UPDATE event_feed SET last_number = ? WHERE id = 1;

-- ListEvents returns the next events of the feed by number.
-- name: ListEvents :many
SELECT id, feed_number, kind, contact_id, primary_id, observation_id, created_at
FROM events FORCE INDEX (events_feed_number)
WHERE feed_number > sqlc.arg(after_number)
ORDER BY feed_number
LIMIT ?;

-- DeleteEvent deletes one event. It does not take several: if they are a large part of the table,
-- the server scans it in spite of a forced index, and waits for all writers.
-- name: DeleteEvent :execrows
DELETE FROM events WHERE id = ?;
