-- ListWithheldPage returns the next observations by id that do not link, with their values, the state of
-- their refusal, if there is one, and why they are retracted, if they are.
-- name: ListWithheldPage :many
SELECT o.id, e.email, p.phone_number, o.first_seen_at, o.withheld, o.withheld_at,
    r.id IS NOT NULL AS queued, r.resolution, r.closed_at, t.reason
FROM observations AS o FORCE INDEX (PRIMARY)
JOIN contacts AS e FORCE INDEX (PRIMARY) ON e.id = o.email_contact_id AND e.email IS NOT NULL
JOIN contacts AS p FORCE INDEX (PRIMARY) ON p.id = o.phone_contact_id AND p.phone_number IS NOT NULL
LEFT JOIN refusals AS r FORCE INDEX (refusals_observation_id) ON r.observation_id = o.id
LEFT JOIN retractions AS t FORCE INDEX (retractions_observation_id) ON t.observation_id = o.id
WHERE o.id > sqlc.arg(after_id) AND o.withheld IS NOT NULL
ORDER BY o.id
LIMIT ?;

-- ListSeparatedPage returns the next separations by id, with the values of both contacts.
-- name: ListSeparatedPage :many
SELECT s.id, a.email, a.phone_number, b.email AS other_email, b.phone_number AS other_phone_number, s.reason, s.created_at
FROM separations AS s FORCE INDEX (PRIMARY)
JOIN contacts AS a FORCE INDEX (PRIMARY) ON a.id = s.contact_id
JOIN contacts AS b FORCE INDEX (PRIMARY) ON b.id = s.other_contact_id
WHERE s.id > sqlc.arg(after_id)
ORDER BY s.id
LIMIT ?;

-- CloseRefusalOf removes the refusal of an observation from the queue. Must run in a transaction
-- that holds the lock on the cluster.
-- name: CloseRefusalOf :exec
UPDATE refusals SET closed_at = CURRENT_TIMESTAMP(6), resolution = ? WHERE observation_id = ? AND closed_at IS NULL;
