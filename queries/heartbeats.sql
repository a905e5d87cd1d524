-- InsertHeartbeat adds the row of a process and returns its id.
-- name: InsertHeartbeat :execlastid
INSERT INTO heartbeats (beat)
VALUES (?);

-- UpdateHeartbeat records a heartbeat of a process. It changes no row if the process has none any more.
-- name: UpdateHeartbeat :execrows
UPDATE heartbeats SET beat = ? WHERE id = ?;

-- ListHeartbeats returns the last heartbeat of each process that this server has.
-- name: ListHeartbeats :many
SELECT id, beat
FROM heartbeats;

-- DeleteOldHeartbeats deletes the rows of processes that have not sent a heartbeat for a day.
-- name: DeleteOldHeartbeats :exec
DELETE FROM heartbeats WHERE updated_at < NOW(6) - INTERVAL 1 DAY;

-- DeleteHeartbeat deletes the row of a process.
-- name: DeleteHeartbeat :exec
DELETE FROM heartbeats WHERE id = ?;
