-- FindSurvey returns the running survey and the result of the last one, and whether the process of the
-- running one has not been heard of for as many seconds as the lease has. It locks nothing.
-- name: FindSurvey :one
SELECT
    running, started_at, percent, result_started_at, finished_at, result,
    CAST(running AND renewed_at < CURRENT_TIMESTAMP(6) - INTERVAL sqlc.arg(lease) SECOND AS UNSIGNED) AS abandoned
FROM survey
WHERE id = 1;

-- ClaimSurvey starts a survey, and returns 0 if one is running. It locks the row.
-- name: ClaimSurvey :execrows
UPDATE survey
SET running = TRUE, claim = ?, started_at = CURRENT_TIMESTAMP(6), renewed_at = CURRENT_TIMESTAMP(6), percent = 0
WHERE id = 1 AND NOT running;

-- TakeOverSurvey begins a survey again whose process has not been heard of for as many seconds as the lease has.
-- It returns 0 if there is none. It locks the row.
-- name: TakeOverSurvey :execrows
UPDATE survey
SET claim = sqlc.arg(claim), renewed_at = CURRENT_TIMESTAMP(6), percent = 0
WHERE id = 1 AND running AND renewed_at < CURRENT_TIMESTAMP(6) - INTERVAL sqlc.arg(lease) SECOND;

-- RenewSurvey says how far a survey is, and that its process is alive. It returns 0 if the claim is no longer that
-- of the running survey. It locks the row.
-- name: RenewSurvey :execrows
UPDATE survey SET renewed_at = CURRENT_TIMESTAMP(6), percent = ? WHERE id = 1 AND claim = ? AND running;

-- FinishSurvey stores the result of a survey. It returns 0 as RenewSurvey. It locks the row.
-- name: FinishSurvey :execrows
UPDATE survey
SET running = FALSE, result_started_at = started_at, finished_at = CURRENT_TIMESTAMP(6), result = ?
WHERE id = 1 AND claim = ? AND running;

-- CancelSurvey ends a survey without a result. It locks the row.
-- name: CancelSurvey :exec
UPDATE survey SET running = FALSE WHERE id = 1 AND claim = ? AND running;

-- HandOverSurvey lets another process take a survey over at once. It locks the row.
-- name: HandOverSurvey :exec
UPDATE survey SET renewed_at = CURRENT_TIMESTAMP(6) - INTERVAL 1 DAY WHERE id = 1 AND claim = ? AND running;

-- FindLargestContactID returns the largest id of a contact, 0 if there is none. It locks nothing.
-- name: FindLargestContactID :one
SELECT CAST(COALESCE(MAX(id), 0) AS UNSIGNED) AS id FROM contacts;

-- FindClusterBound returns the group to which the member belongs that comes so many after the first one of the groups after
-- the given one. The members are the secondary contacts of a cluster, in the order of the index, which is all that is read.
-- It locks nothing.
-- name: FindClusterBound :one
SELECT c.linked_id
FROM contacts AS c FORCE INDEX (contacts_linked_id)
WHERE c.linked_id > sqlc.arg(after)
ORDER BY c.linked_id
LIMIT 1 OFFSET ?;

-- CountClusterGroups counts the members of the groups between two, without these, that have at least so many. It
-- reads the index, and locks nothing.
-- name: CountClusterGroups :many
SELECT c.linked_id AS id, COUNT(*) AS members
FROM contacts AS c FORCE INDEX (contacts_linked_id)
WHERE c.linked_id > sqlc.arg(after) AND c.linked_id < sqlc.arg(bound)
GROUP BY c.linked_id
HAVING COUNT(*) >= CAST(sqlc.arg(least) AS SIGNED);

-- CountClusterMembers counts the next members of one group, at most so many, and returns the last one of them, 0
-- if there is none. It reads the index, and locks nothing.
-- name: CountClusterMembers :one
SELECT COUNT(*) AS members, CAST(COALESCE(MAX(found.member), 0) AS UNSIGNED) AS last
FROM (
    SELECT c.id AS member
    FROM contacts AS c FORCE INDEX (contacts_linked_id)
    WHERE c.linked_id = sqlc.arg(id) AND c.id > sqlc.arg(after)
    ORDER BY c.id
    LIMIT ?
) AS found;

-- FindEmailBound is FindClusterBound for the observations of an e-mail address, by its contact.
-- name: FindEmailBound :one
SELECT o.email_contact_id
FROM observations AS o FORCE INDEX (observations_pair)
WHERE o.email_contact_id > sqlc.arg(after)
ORDER BY o.email_contact_id
LIMIT 1 OFFSET ?;

-- CountEmailGroups is CountClusterGroups for the observations of an e-mail address, by its contact.
-- name: CountEmailGroups :many
SELECT o.email_contact_id AS id, COUNT(*) AS members
FROM observations AS o FORCE INDEX (observations_pair)
WHERE o.email_contact_id > sqlc.arg(after) AND o.email_contact_id < sqlc.arg(bound)
GROUP BY o.email_contact_id
HAVING COUNT(*) >= CAST(sqlc.arg(least) AS SIGNED);

-- CountEmailMembers is CountClusterMembers for the observations of an e-mail address, by its contact.
-- name: CountEmailMembers :one
SELECT COUNT(*) AS members, CAST(COALESCE(MAX(found.member), 0) AS UNSIGNED) AS last
FROM (
    SELECT o.phone_contact_id AS member
    FROM observations AS o FORCE INDEX (observations_pair)
    WHERE o.email_contact_id = sqlc.arg(id) AND o.phone_contact_id > sqlc.arg(after)
    ORDER BY o.phone_contact_id
    LIMIT ?
) AS found;

-- FindPhoneBound is FindClusterBound for the observations of a phone number, by its contact.
-- name: FindPhoneBound :one
SELECT o.phone_contact_id
FROM observations AS o FORCE INDEX (observations_phone_contact_id)
WHERE o.phone_contact_id > sqlc.arg(after)
ORDER BY o.phone_contact_id
LIMIT 1 OFFSET ?;

-- CountPhoneGroups is CountClusterGroups for the observations of a phone number, by its contact.
-- name: CountPhoneGroups :many
SELECT o.phone_contact_id AS id, COUNT(*) AS members
FROM observations AS o FORCE INDEX (observations_phone_contact_id)
WHERE o.phone_contact_id > sqlc.arg(after) AND o.phone_contact_id < sqlc.arg(bound)
GROUP BY o.phone_contact_id
HAVING COUNT(*) >= CAST(sqlc.arg(least) AS SIGNED);

-- CountPhoneMembers is CountClusterMembers for the observations of a phone number, by its contact.
-- name: CountPhoneMembers :one
SELECT COUNT(*) AS members, CAST(COALESCE(MAX(found.member), 0) AS UNSIGNED) AS last
FROM (
    SELECT o.email_contact_id AS member
    FROM observations AS o FORCE INDEX (observations_phone_contact_id)
    WHERE o.phone_contact_id = sqlc.arg(id) AND o.email_contact_id > sqlc.arg(after)
    ORDER BY o.email_contact_id
    LIMIT ?
) AS found;

-- FindObservationOfEmail returns an observation of the e-mail address of a contact. It locks nothing.
-- name: FindObservationOfEmail :one
SELECT id FROM observations FORCE INDEX (observations_pair) WHERE email_contact_id = ? LIMIT 1;

-- FindObservationOfPhoneNumber returns an observation of the phone number of a contact. It locks nothing.
-- name: FindObservationOfPhoneNumber :one
SELECT id FROM observations FORCE INDEX (observations_phone_contact_id) WHERE phone_contact_id = ? LIMIT 1;

-- ListSurveyedContacts returns contacts with their values, in no order. It locks nothing.
-- name: ListSurveyedContacts :many
SELECT id, COALESCE(linked_id, id) AS primary_id, email, phone_number, blocked
FROM contacts
WHERE contacts.id IN (sqlc.slice(ids));

-- ListEndsOf returns which contacts have the values of observations, in no order. It locks nothing.
-- name: ListEndsOf :many
SELECT id, email_contact_id, phone_contact_id
FROM observations
WHERE observations.id IN (sqlc.slice(ids));
