-- insertRefusals puts observations into the queue, or gives those that are there the new reason; what
-- was in the queue and is closed stays so. The tuple, on a line of its own, is repeated by store.InsertRefusals, one an observation.
-- name: insertRefusals :exec
INSERT INTO refusals (observation_id, code)
VALUES
(?, ?)
ON DUPLICATE KEY UPDATE code = IF(closed_at IS NULL, VALUES(code), code);

-- FindRefusal returns one refusal.
-- name: FindRefusal :one
SELECT id, observation_id, code, refused_at, closed_at, resolution
FROM refusals
WHERE id = ?;

-- CloseRefusal takes a refusal out of the queue, and returns 0 when it is not in it: of several who
-- close it at the same time, one does.
-- name: CloseRefusal :execrows
UPDATE refusals SET closed_at = CURRENT_TIMESTAMP(6), resolution = ? WHERE id = ? AND closed_at IS NULL;

-- AcceptRefusalsOf takes the refusals of observations out of the queue, as far as they are in it.
-- name: AcceptRefusalsOf :exec
UPDATE refusals FORCE INDEX (refusals_observation_id)
SET closed_at = CURRENT_TIMESTAMP(6), resolution = 'accepted'
WHERE observation_id IN (sqlc.slice(observation_ids)) AND closed_at IS NULL;

-- CountRefusals counts the refusals of observations.
-- name: CountRefusals :one
SELECT COUNT(*) FROM refusals FORCE INDEX (refusals_observation_id) WHERE observation_id IN (sqlc.slice(observation_ids));

-- DeleteRefusalOf forgets the refusal of an observation, so that it is queued anew when it is seen
-- again.
-- name: DeleteRefusalOf :exec
DELETE FROM refusals WHERE observation_id = ?;

-- ListRefusals returns the next refusals in the queue, by id, with the values.
-- name: ListRefusals :many
SELECT r.id, r.code, r.refused_at, o.id AS observation_id, o.email_contact_id, o.phone_contact_id, e.email, p.phone_number
FROM refusals AS r FORCE INDEX (refusals_closed_at)
JOIN observations AS o ON o.id = r.observation_id
JOIN contacts AS e ON e.id = o.email_contact_id
JOIN contacts AS p ON p.id = o.phone_contact_id
WHERE r.closed_at IS NULL AND r.id > sqlc.arg(after_id)
ORDER BY r.id
LIMIT ?;
