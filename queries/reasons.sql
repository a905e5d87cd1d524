-- FindNow returns the time of the database's clock.
-- name: FindNow :one
SELECT CAST(CURRENT_TIMESTAMP(6) AS DATETIME(6)) AS now;

-- FindValues returns the e-mail address and the phone number of a contact.
-- name: FindValues :one
SELECT email, phone_number
FROM contacts
WHERE id = ?;

-- ListSeparationReasons returns the next non-empty reasons of separations, by id. It locks nothing.
-- name: ListSeparationReasons :many
SELECT id, reason
FROM separations
WHERE id > sqlc.arg(after_id) AND reason <> ''
ORDER BY id
LIMIT ?;

-- ListChangedSeparationReasons returns the reasons of separations that were inserted or changed
-- since a time, in no order. It waits for transactions that are inserting or changing one, and
-- locks the rows until the end of its transaction. Without the CAST, MariaDB does not use the
-- index.
-- name: ListChangedSeparationReasons :many
SELECT id, reason
FROM separations FORCE INDEX (separations_updated_at)
WHERE updated_at >= CAST(sqlc.arg(since) AS DATETIME(6))
LOCK IN SHARE MODE;

-- LockSeparationReasons locks separations in ascending id and returns their reasons.
-- name: LockSeparationReasons :many
SELECT id, reason
FROM separations FORCE INDEX (PRIMARY)
WHERE id IN (sqlc.slice(ids))
ORDER BY id
FOR UPDATE;

-- EmptySeparationReasons clears the reasons of separations. Must run in a transaction that has
-- locked them.
-- name: EmptySeparationReasons :exec
UPDATE separations FORCE INDEX (PRIMARY) SET reason = '' WHERE id IN (sqlc.slice(ids));

-- ListBlockReasons returns the next non-empty reasons of blocks, by id. It locks nothing.
-- name: ListBlockReasons :many
SELECT id, reason
FROM blocks
WHERE id > sqlc.arg(after_id) AND reason <> ''
ORDER BY id
LIMIT ?;

-- ListChangedBlockReasons returns the reasons of blocks that were inserted or changed since a time,
-- in no order. It waits for transactions that are inserting or changing one, and locks the rows
-- until the end of its transaction. Without the CAST, MariaDB does not use the index.
-- name: ListChangedBlockReasons :many
SELECT id, reason
FROM blocks FORCE INDEX (blocks_updated_at)
WHERE updated_at >= CAST(sqlc.arg(since) AS DATETIME(6))
LOCK IN SHARE MODE;

-- LockBlockReasons locks blocks in ascending id and returns their reasons.
-- name: LockBlockReasons :many
SELECT id, reason
FROM blocks FORCE INDEX (PRIMARY)
WHERE id IN (sqlc.slice(ids))
ORDER BY id
FOR UPDATE;

-- EmptyBlockReasons clears the reasons of blocks. Must run in a transaction that has locked them.
-- name: EmptyBlockReasons :exec
UPDATE blocks FORCE INDEX (PRIMARY) SET reason = '' WHERE id IN (sqlc.slice(ids));

-- ListRetractionReasons returns the next non-empty reasons of retractions, by id. It locks nothing.
-- name: ListRetractionReasons :many
SELECT id, reason
FROM retractions
WHERE id > sqlc.arg(after_id) AND reason <> ''
ORDER BY id
LIMIT ?;

-- ListChangedRetractionReasons returns the reasons of retractions that were inserted or changed since
-- a time, in no order. It waits for transactions that are inserting or changing one, and locks the
-- rows until the end of its transaction. Without the CAST, MariaDB does not use the index.
-- name: ListChangedRetractionReasons :many
SELECT id, reason
FROM retractions FORCE INDEX (retractions_updated_at)
WHERE updated_at >= CAST(sqlc.arg(since) AS DATETIME(6))
LOCK IN SHARE MODE;

-- LockRetractionReasons locks retractions in ascending id and returns their reasons.
-- name: LockRetractionReasons :many
SELECT id, reason
FROM retractions FORCE INDEX (PRIMARY)
WHERE id IN (sqlc.slice(ids))
ORDER BY id
FOR UPDATE;

-- EmptyRetractionReasons clears the reasons of retractions. Must run in a transaction that has locked
-- them.
-- name: EmptyRetractionReasons :exec
UPDATE retractions FORCE INDEX (PRIMARY) SET reason = '' WHERE id IN (sqlc.slice(ids));
