-- CountOpenRefusals counts the refusals in the queue, at most the given number. It locks nothing.
-- name: CountOpenRefusals :one
SELECT COUNT(*) FROM (
    SELECT r.id FROM refusals AS r FORCE INDEX (refusals_closed_at) WHERE r.closed_at IS NULL LIMIT ?
) AS found;

-- FindUnnumbered returns how many events are committed and have no number yet, and how old the oldest of them
-- is in microseconds, 0 if there are none. It looks at no more than the given number of change sets, those with
-- the smallest ids. It locks nothing.
-- name: FindUnnumbered :one
SELECT
    CAST(COALESCE(SUM(found.size), 0) AS UNSIGNED) AS events,
    CAST(COALESCE(TIMESTAMPDIFF(MICROSECOND, MIN(found.created_at), CURRENT_TIMESTAMP(6)), 0) AS SIGNED) AS age
FROM (
    SELECT c.size, c.created_at FROM change_sets AS c FORCE INDEX (change_sets_last_number)
    WHERE c.last_number IS NULL
    ORDER BY c.id
    LIMIT ?
) AS found;
