-- ListContactsPage returns the next contacts by id, without tombstones, each with the time of the
-- observation of its own two values if there is one that links.
-- name: ListContactsPage :many
SELECT c.id, c.email, c.phone_number, c.linked_id, c.link_precedence, c.created_at, o.first_seen_at
FROM contacts AS c
LEFT JOIN observations AS o FORCE INDEX (observations_pair)
    ON o.email_contact_id = c.id AND o.phone_contact_id = c.id AND o.withheld IS NULL
WHERE c.id > sqlc.arg(after_id) AND c.deleted_at IS NULL
ORDER BY c.id
LIMIT ?;

-- ListJoiningObservationsPage returns the next observations by id that join two contacts, with
-- their values, without withheld observations and tombstones. joined_at is the time of the first
-- sighting, but not before both contacts existed.
-- name: ListJoiningObservationsPage :many
SELECT o.id, e.email, p.phone_number, COALESCE(e.linked_id, e.id) AS primary_id,
    CAST(GREATEST(o.first_seen_at, e.created_at, p.created_at) AS DATETIME(6)) AS joined_at
FROM observations AS o FORCE INDEX (PRIMARY)
JOIN contacts AS e FORCE INDEX (PRIMARY) ON e.id = o.email_contact_id AND e.deleted_at IS NULL AND e.email IS NOT NULL
JOIN contacts AS p FORCE INDEX (PRIMARY) ON p.id = o.phone_contact_id AND p.deleted_at IS NULL AND p.phone_number IS NOT NULL
WHERE o.id > sqlc.arg(after_id) AND o.email_contact_id <> o.phone_contact_id AND o.withheld IS NULL
ORDER BY o.id
LIMIT ?;

-- ListNodesPage returns the next contacts by id, without tombstones and without their values.
-- name: ListNodesPage :many
SELECT id, linked_id, link_precedence, created_at, separated,
    email IS NOT NULL AS has_email, phone_number IS NOT NULL AS has_phone_number
FROM contacts
WHERE id > sqlc.arg(after_id) AND deleted_at IS NULL
ORDER BY id
LIMIT ?;

-- ListEdgesPage returns the next observations by id, whether they link, and whether they are retracted
-- without a retraction.
-- name: ListEdgesPage :many
SELECT o.id, o.email_contact_id, o.phone_contact_id, o.withheld IS NULL AS links,
    o.withheld <=> 'retracted' AND NOT EXISTS (SELECT 1 FROM retractions AS r WHERE r.observation_id = o.id) AS unrecorded
FROM observations AS o
WHERE o.id > sqlc.arg(after_id)
ORDER BY o.id
LIMIT ?;

-- ListBlockedPage returns the next blocks by id.
-- name: ListBlockedPage :many
SELECT id, contact_id
FROM blocks
WHERE id > sqlc.arg(after_id)
ORDER BY id
LIMIT ?;

-- ListStrayRefusalsPage returns the next refusals by id whose observation does not exist.
-- name: ListStrayRefusalsPage :many
SELECT r.id, r.observation_id
FROM refusals AS r
LEFT JOIN observations AS o ON o.id = r.observation_id
WHERE r.id > sqlc.arg(after_id) AND o.id IS NULL
ORDER BY r.id
LIMIT ?;
