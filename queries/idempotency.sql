-- InsertIdempotencyKey claims a key. It waits for a transaction that has claimed the same key and has not
-- ended. Must run first in the transaction of the request.
-- name: InsertIdempotencyKey :exec
INSERT INTO idempotency_keys (digest, fingerprint)
VALUES (?, ?);

-- FindIdempotencyKey returns the request that was carried out with a key, and whether that is more than a day
-- ago. It locks nothing.
-- name: FindIdempotencyKey :one
SELECT
    fingerprint, erasure_id, made_key_id,
    CAST(created_at < CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY AS UNSIGNED) AS expired
FROM idempotency_keys
WHERE digest = ?;

-- UpdateIdempotencyKey records what the request of a key made. Must run in the transaction of the request.
-- name: UpdateIdempotencyKey :exec
UPDATE idempotency_keys SET erasure_id = ?, made_key_id = ? WHERE digest = ?;

-- ListOldIdempotencyKeys returns the oldest keys, if they are more than a day old. It locks nothing.
-- name: ListOldIdempotencyKeys :many
SELECT digest
FROM idempotency_keys
WHERE created_at < CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY
ORDER BY created_at, digest
LIMIT ?;

-- DeleteOldIdempotencyKeys deletes those of the given keys that are more than a day old, and returns their
-- number. It takes a list, because a DELETE that searches might read the whole table, and wait for requests.
-- name: DeleteOldIdempotencyKeys :execrows
DELETE FROM idempotency_keys
WHERE digest IN (sqlc.slice(digests)) AND created_at < CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY;

-- DeleteIdempotencyKeyOf deletes the key of an erasure, if it had one.
-- name: DeleteIdempotencyKeyOf :exec
DELETE FROM idempotency_keys WHERE erasure_id = ?;
