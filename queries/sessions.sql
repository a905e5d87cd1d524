-- InsertSession starts a session.
-- name: InsertSession :exec
INSERT INTO sessions (digest, expires_at) VALUES (?, ?);

-- FindSession returns when a session will expire that has not.
-- name: FindSession :one
SELECT expires_at FROM sessions WHERE digest = ? AND expires_at > CURRENT_TIMESTAMP(6);

-- DeleteSession ends a session. It deletes nothing if there is none.
-- name: DeleteSession :exec
DELETE FROM sessions WHERE digest = ?;

-- DeleteExpiredSessions deletes some of the sessions that have expired.
-- name: DeleteExpiredSessions :exec
DELETE FROM sessions WHERE expires_at <= CURRENT_TIMESTAMP(6) ORDER BY expires_at LIMIT 100;
