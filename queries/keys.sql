-- RaiseKeyVersion tells all processes to read the keys again. Must run in a transaction that changes which
-- keys work, before it reads or writes any: it also lets only one of them run at a time.
-- name: RaiseKeyVersion :exec
UPDATE api_key_version SET version = version + 1 WHERE id = 1;

-- FindKeyVersion returns the version of the set of keys.
-- name: FindKeyVersion :one
SELECT version FROM api_key_version WHERE id = 1;

-- InsertKey adds a key and returns its id.
-- name: InsertKey :execlastid
INSERT INTO api_keys (selector, verifier, name, scopes, per_second, burst, created_by, replaces_id, expires_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?);

-- ReplaceVerifier gives the key with a selector another secret, and lets it work again if it did not. It
-- changes no row if there is no such key.
-- name: ReplaceVerifier :execrows
UPDATE api_keys SET verifier = ?, revoked_at = NULL, revoked_by = NULL, reason = '' WHERE selector = ?;

-- FindKey returns one key.
-- name: FindKey :one
SELECT
    id, selector, name, scopes, per_second, burst, created_at, created_by, replaces_id, expires_at, last_used_at, revoked_at,
    revoked_by, reason
FROM api_keys
WHERE id = ?;

-- ListKeys returns the next keys by id.
-- name: ListKeys :many
SELECT
    id, selector, name, scopes, per_second, burst, created_at, created_by, replaces_id, expires_at, last_used_at, revoked_at,
    revoked_by, reason
FROM api_keys
WHERE id > sqlc.arg(after_id)
ORDER BY id
LIMIT ?;

-- ListWorkingKeys returns what is needed to check the keys that are neither revoked nor expired.
-- name: ListWorkingKeys :many
SELECT id, selector, verifier, scopes, per_second, burst, expires_at
FROM api_keys
WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > CURRENT_TIMESTAMP(6));

-- ExpireKey lets a key work no longer than until a time. It changes no row if the key expires earlier or is
-- revoked.
-- name: ExpireKey :exec
UPDATE api_keys
SET expires_at = sqlc.arg(at)
WHERE id = sqlc.arg(id) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > sqlc.arg(at));

-- RevokeKey revokes a key. It changes no row if the key is revoked.
-- name: RevokeKey :execrows
UPDATE api_keys
SET revoked_at = CURRENT_TIMESTAMP(6), revoked_by = ?, reason = ?
WHERE id = ? AND revoked_at IS NULL;

-- TouchKey records that a key was used.
-- name: TouchKey :exec
UPDATE api_keys
SET last_used_at = sqlc.arg(at)
WHERE id = sqlc.arg(id) AND (last_used_at IS NULL OR last_used_at < sqlc.arg(at));
