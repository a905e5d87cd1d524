-- insertEvents writes down what happened. The tuple, on a line of its own, is repeated by
-- store.InsertEvents, one an event. Must run in the transaction of what happened, after its changes.
-- name: insertEvents :exec
INSERT INTO events (kind, contact_id, primary_id, observation_id)
VALUES
(?, ?, ?, ?)
;
