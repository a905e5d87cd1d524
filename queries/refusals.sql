-- insertRefusals adds observations to the queue, or changes the reason of those that are in it. A
-- closed refusal stays closed. store.InsertRefusals repeats the tuple, which must be on its own
-- line, for each observation.
-- name: insertRefusals :exec
INSERT INTO refusals (observation_id, code)
VALUES
(?, ?)
ON DUPLICATE KEY UPDATE code = IF(closed_at IS NULL, VALUES(code), code);

-- FindRefusal returns one refusal.
-- name: FindRefusal :one
SELECT id, observation_id, code, refused_at, closed_at, resolution, key_id
FROM refusals
WHERE id = ?;

-- CloseRefusal removes a refusal from the queue and returns 0 if it is not in it, so that of
-- several concurrent calls only one succeeds.
-- name: CloseRefusal :execrows
UPDATE refusals SET closed_at = CURRENT_TIMESTAMP(6), resolution = ?, key_id = ? WHERE id = ? AND closed_at IS NULL;

-- ReopenRefusal puts a dismissed refusal back into the queue. It changes no row if it is not dismissed.
-- name: ReopenRefusal :execrows
UPDATE refusals SET closed_at = NULL, resolution = NULL, key_id = NULL WHERE id = ? AND resolution = 'dismissed';

-- AcceptRefusalsOf removes the refusals of observations from the queue as accepted.
-- name: AcceptRefusalsOf :exec
UPDATE refusals FORCE INDEX (refusals_observation_id)
SET closed_at = CURRENT_TIMESTAMP(6), resolution = 'accepted', key_id = ?
WHERE observation_id IN (sqlc.slice(observation_ids)) AND closed_at IS NULL;

-- CountRefusals counts the refusals of observations.
-- name: CountRefusals :one
SELECT COUNT(*) FROM refusals FORCE INDEX (refusals_observation_id) WHERE observation_id IN (sqlc.slice(observation_ids));

-- DeleteRefusalOf deletes the refusal of an observation, so that it is queued again when it is next
-- seen.
-- name: DeleteRefusalOf :exec
DELETE FROM refusals WHERE observation_id = ?;

-- FindRefusalWithValues returns one refusal, open or closed, with its values and the reason of the retraction, if
-- its observation is retracted.
-- name: FindRefusalWithValues :one
SELECT
    r.id, r.code, r.refused_at, r.closed_at, r.resolution, r.key_id, o.id AS observation_id, o.email_contact_id, o.phone_contact_id,
    e.email, p.phone_number, t.reason
FROM refusals AS r
JOIN observations AS o ON o.id = r.observation_id
LEFT JOIN retractions AS t ON t.observation_id = o.id
JOIN contacts AS e ON e.id = o.email_contact_id
JOIN contacts AS p ON p.id = o.phone_contact_id
WHERE r.id = ?;

-- ListRefusals returns the next refusals in the queue by id, with their values. Without a filter by time,
-- before must be in the future.
-- name: ListRefusals :many
SELECT r.id, r.code, r.refused_at, o.id AS observation_id, o.email_contact_id, o.phone_contact_id, e.email, p.phone_number
FROM refusals AS r FORCE INDEX (refusals_closed_at)
JOIN observations AS o ON o.id = r.observation_id
JOIN contacts AS e ON e.id = o.email_contact_id
JOIN contacts AS p ON p.id = o.phone_contact_id
WHERE r.closed_at IS NULL AND r.id > sqlc.arg(after_id) AND r.refused_at < sqlc.arg(before)
ORDER BY r.id
LIMIT ?;

-- ListRefusalsByCode is ListRefusals for the refusals with a code.
-- name: ListRefusalsByCode :many
SELECT r.id, r.code, r.refused_at, o.id AS observation_id, o.email_contact_id, o.phone_contact_id, e.email, p.phone_number
FROM refusals AS r FORCE INDEX (refusals_code)
JOIN observations AS o ON o.id = r.observation_id
JOIN contacts AS e ON e.id = o.email_contact_id
JOIN contacts AS p ON p.id = o.phone_contact_id
WHERE r.closed_at IS NULL AND r.code = sqlc.arg(code) AND r.id > sqlc.arg(after_id) AND r.refused_at < sqlc.arg(before)
ORDER BY r.id
LIMIT ?;

-- ListRefusalsOfEmail is ListRefusals for the refusals of an e-mail address, with a code unless it is ''.
-- name: ListRefusalsOfEmail :many
SELECT r.id, r.code, r.refused_at, o.id AS observation_id, o.email_contact_id, o.phone_contact_id, e.email, p.phone_number
FROM contacts AS e
JOIN observations AS o FORCE INDEX (observations_pair) ON o.email_contact_id = e.id
JOIN refusals AS r FORCE INDEX (refusals_observation_id) ON r.observation_id = o.id
JOIN contacts AS p ON p.id = o.phone_contact_id
WHERE e.email = sqlc.arg(email) AND o.withheld IS NOT NULL AND r.closed_at IS NULL AND r.id > sqlc.arg(after_id)
    AND r.refused_at < sqlc.arg(before) AND (sqlc.arg(code) = '' OR r.code = sqlc.arg(code))
ORDER BY r.id
LIMIT ?;

-- ListRefusalsOfPhoneNumber is ListRefusalsOfEmail for a phone number.
-- name: ListRefusalsOfPhoneNumber :many
SELECT r.id, r.code, r.refused_at, o.id AS observation_id, o.email_contact_id, o.phone_contact_id, e.email, p.phone_number
FROM contacts AS p
JOIN observations AS o FORCE INDEX (observations_phone_contact_id) ON o.phone_contact_id = p.id
JOIN refusals AS r FORCE INDEX (refusals_observation_id) ON r.observation_id = o.id
JOIN contacts AS e ON e.id = o.email_contact_id
WHERE p.phone_number = sqlc.arg(phone_number) AND o.withheld IS NOT NULL AND r.closed_at IS NULL AND r.id > sqlc.arg(after_id)
    AND r.refused_at < sqlc.arg(before) AND (sqlc.arg(code) = '' OR r.code = sqlc.arg(code))
ORDER BY r.id
LIMIT ?;
