-- AddOutcomes adds counts to those of the current minute. It locks the row of that minute.
-- name: AddOutcomes :exec
INSERT INTO outcome_minutes (minute, known, created, linked, merged, refused)
VALUES (CURRENT_TIMESTAMP - INTERVAL SECOND(CURRENT_TIMESTAMP) SECOND, ?, ?, ?, ?, ?)
ON DUPLICATE KEY UPDATE
    known = known + VALUES(known), created = created + VALUES(created), linked = linked + VALUES(linked),
    merged = merged + VALUES(merged), refused = refused + VALUES(refused);

-- ListOutcomes returns the counts of the minutes from the given one on, in their order. A minute without
-- observations has no row. It locks nothing.
-- name: ListOutcomes :many
SELECT minute, known, created, linked, merged, refused
FROM outcome_minutes
WHERE minute >= sqlc.arg(since)
ORDER BY minute;

-- DeleteOldOutcomes deletes at most so many minutes that are more than a day old, and returns their number. It
-- locks them in their order.
-- name: DeleteOldOutcomes :execrows
DELETE FROM outcome_minutes
WHERE minute < CURRENT_TIMESTAMP - INTERVAL 1 DAY
ORDER BY minute
LIMIT ?;

-- CountOpenRefusalsByCode counts the refusals in the queue that have a code, at most the given number. It locks
-- nothing.
-- name: CountOpenRefusalsByCode :one
SELECT COUNT(*) FROM (
    SELECT r.id FROM refusals AS r FORCE INDEX (refusals_code) WHERE r.closed_at IS NULL AND r.code = ? LIMIT ?
) AS found;
