-- insertChangeSet records a change set. Must run in the transaction that makes the changes, after
-- them.
-- name: insertChangeSet :exec
INSERT INTO change_sets (size, events, key_id)
VALUES (?, ?, ?);

-- insertHistory records events for the history of contacts. store.InsertHistory repeats the tuple,
-- which must be on its own line, for each event. Must run in the transaction that makes the changes.
-- name: insertHistory :exec
INSERT INTO history (kind, contact_id, primary_id, observation_id, key_id)
VALUES
(?, ?, ?, ?, ?)
;
