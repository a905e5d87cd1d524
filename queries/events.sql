-- insertEvents records events. store.InsertEvents repeats the tuple, which must be on its own line,
-- for each event. Must run in the transaction that makes the changes, after them.
-- name: insertEvents :exec
INSERT INTO events (kind, contact_id, primary_id, observation_id)
VALUES
(?, ?, ?, ?)
;
