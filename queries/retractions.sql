-- insertRetractions records why observations are retracted. One that is recorded keeps its id and gets the
-- new reason. store.InsertRetractions repeats the tuple, which must be on its own line, for each observation.
-- Must run in a transaction that holds the locks on their clusters.
-- name: insertRetractions :exec
INSERT INTO retractions (observation_id, reason, key_id)
VALUES
(?, ?, ?)
ON DUPLICATE KEY UPDATE reason = VALUES(reason), key_id = VALUES(key_id);

-- DeleteRetractions deletes the retractions of observations. Must run in the transaction that restores or
-- deletes the observations.
-- name: DeleteRetractions :exec
DELETE FROM retractions WHERE observation_id IN (sqlc.slice(observation_ids));

-- ListRetractionsOf returns the retractions of observations, in no order.
-- name: ListRetractionsOf :many
SELECT observation_id, reason FROM retractions WHERE observation_id IN (sqlc.slice(observation_ids));

-- ListNewestRetractions returns the next retractions, the newest first, with the values of their observations.
-- name: ListNewestRetractions :many
SELECT
    r.id, r.reason, r.key_id, r.created_at, o.id AS observation_id, o.email_contact_id, o.phone_contact_id, e.email, p.phone_number
FROM retractions AS r FORCE INDEX (PRIMARY)
JOIN observations AS o ON o.id = r.observation_id
JOIN contacts AS e ON e.id = o.email_contact_id
JOIN contacts AS p ON p.id = o.phone_contact_id
WHERE r.id < sqlc.arg(before_id)
ORDER BY r.id DESC
LIMIT ?;

-- ListStrayRetractionsPage returns the next retractions by id whose observation does not exist or is not
-- retracted.
-- name: ListStrayRetractionsPage :many
SELECT r.id, r.observation_id
FROM retractions AS r FORCE INDEX (PRIMARY)
LEFT JOIN observations AS o ON o.id = r.observation_id AND o.withheld = 'retracted'
WHERE r.id > sqlc.arg(after_id) AND o.id IS NULL
ORDER BY r.id
LIMIT ?;
