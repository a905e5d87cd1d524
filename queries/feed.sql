-- FindFeed returns the last number that was given, and whether committed events wait for theirs. Both
-- are of one moment. It locks nothing.
-- name: FindFeed :one
SELECT
    f.last_number,
    EXISTS (SELECT 1 FROM events AS e FORCE INDEX (events_feed_number) WHERE e.feed_number IS NULL) AS waiting
FROM event_feed AS f
WHERE f.id = 1;

-- LockFeed returns the last number that was given, and locks it: one at a time gives numbers. Must run
-- in a transaction, before ListUnnumbered.
-- name: LockFeed :one
SELECT last_number
FROM event_feed
WHERE id = 1
ORDER BY id
FOR UPDATE;

-- ListUnnumbered returns the first committed events without a number, by id. It must not lock: it
-- would wait for all who write.
-- name: ListUnnumbered :many
SELECT id
FROM events FORCE INDEX (events_feed_number)
WHERE feed_number IS NULL
ORDER BY id
LIMIT ?;

-- NumberEvents gives events the numbers after last_number. Both lists are their ids, in ascending order.
-- Must run in a transaction that holds the lock of LockFeed. It locks these events, which nobody else
-- changes. The index is forced: a scan of a small table would wait for all who write.
-- name: NumberEvents :execrows
UPDATE events FORCE INDEX (PRIMARY)
SET feed_number = sqlc.arg(last_number) + INTERVAL(id, sqlc.slice(places))
WHERE id IN (sqlc.slice(ids));

-- SetLastNumber notes the last number that was given. Must run in a transaction that holds the lock of
-- LockFeed.
-- name: SetLastNumber :exec
UPDATE event_feed SET last_number = ? WHERE id = 1;

-- ListEvents returns the next events of the feed, by their numbers.
-- name: ListEvents :many
SELECT id, feed_number, kind, contact_id, primary_id, observation_id, created_at
FROM events FORCE INDEX (events_feed_number)
WHERE feed_number > sqlc.arg(after_number)
ORDER BY feed_number
LIMIT ?;

-- DeleteEvent deletes one event. Never several: where they are much of the table the server scans it,
-- whatever index it is told to use, and waits for all who write.
-- name: DeleteEvent :execrows
DELETE FROM events WHERE id = ?;
