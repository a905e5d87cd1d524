-- InsertSession starts a session.
-- name: InsertSession :exec
INSERT INTO sessions (digest, key_id, expires_at) VALUES (?, ?, ?);

-- FindSession returns the API key of a session that has not expired, and when it will.
-- name: FindSession :one
SELECT key_id, expires_at FROM sessions WHERE digest = ? AND expires_at > CURRENT_TIMESTAMP(6);

-- DeleteSession ends a session. It deletes nothing if there is none.
-- name: DeleteSession :exec
DELETE FROM sessions WHERE digest = ?;

-- DeleteExpiredSessions deletes some of the sessions that have expired.
-- name: DeleteExpiredSessions :exec
DELETE FROM sessions WHERE expires_at <= CURRENT_TIMESTAMP(6) ORDER BY expires_at LIMIT 100;
