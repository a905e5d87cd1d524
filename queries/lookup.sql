-- ListClusterOf returns all contacts of the cluster of a contact, in no order; for a tombstone,
-- only the tombstone, and nothing if there is no such contact. It is one statement, so that it
-- reads one snapshot without a transaction. The index is forced: nearly all linked_id are NULL, so
-- a full scan looks cheap to the optimizer.
-- name: ListClusterOf :many
SELECT id, email, phone_number, linked_id, first_linked_id, created_at, updated_at, deleted_at
FROM contacts
WHERE contacts.id = (SELECT COALESCE(a.linked_id, a.id) FROM contacts AS a WHERE a.id = sqlc.arg(id))
UNION ALL
SELECT s.id, s.email, s.phone_number, s.linked_id, s.first_linked_id, s.created_at, s.updated_at, s.deleted_at
FROM contacts AS s FORCE INDEX (contacts_linked_id)
WHERE s.linked_id = (SELECT COALESCE(b.linked_id, b.id) FROM contacts AS b WHERE b.id = sqlc.arg(id));

-- ListClusterOfEmail is ListClusterOf for the contact that holds an e-mail address.
-- name: ListClusterOfEmail :many
SELECT id, email, phone_number, linked_id, first_linked_id, created_at, updated_at, deleted_at
FROM contacts
WHERE contacts.id = (SELECT COALESCE(a.linked_id, a.id) FROM contacts AS a WHERE a.email = sqlc.arg(email))
UNION ALL
SELECT s.id, s.email, s.phone_number, s.linked_id, s.first_linked_id, s.created_at, s.updated_at, s.deleted_at
FROM contacts AS s FORCE INDEX (contacts_linked_id)
WHERE s.linked_id = (SELECT COALESCE(b.linked_id, b.id) FROM contacts AS b WHERE b.email = sqlc.arg(email));

-- ListClusterOfPhoneNumber is ListClusterOf for the contact that holds a phone number.
-- name: ListClusterOfPhoneNumber :many
SELECT id, email, phone_number, linked_id, first_linked_id, created_at, updated_at, deleted_at
FROM contacts
WHERE contacts.id = (SELECT COALESCE(a.linked_id, a.id) FROM contacts AS a WHERE a.phone_number = sqlc.arg(phone_number))
UNION ALL
SELECT s.id, s.email, s.phone_number, s.linked_id, s.first_linked_id, s.created_at, s.updated_at, s.deleted_at
FROM contacts AS s FORCE INDEX (contacts_linked_id)
WHERE s.linked_id = (SELECT COALESCE(b.linked_id, b.id) FROM contacts AS b WHERE b.phone_number = sqlc.arg(phone_number));

-- ListObservationsOfEmails returns the next observations, oldest first, of the e-mail addresses of
-- the given contacts.
-- name: ListObservationsOfEmails :many
SELECT id, email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id IN (sqlc.slice(email_contact_ids))
    AND (first_seen_at > sqlc.arg(after) OR (first_seen_at = sqlc.arg(after) AND id > sqlc.arg(after_id)))
ORDER BY first_seen_at, id
LIMIT ?;

-- ListWithheldOfPhoneNumbers returns the next withheld observations, oldest first, of the phone
-- numbers of the given contacts. Observations that link are also found by the cluster's e-mail
-- addresses.
-- name: ListWithheldOfPhoneNumbers :many
SELECT id, email_contact_id, phone_contact_id, first_seen_at, withheld, withheld_at
FROM observations FORCE INDEX (observations_phone_contact_id)
WHERE phone_contact_id IN (sqlc.slice(phone_contact_ids)) AND withheld IS NOT NULL
    AND (first_seen_at > sqlc.arg(after) OR (first_seen_at = sqlc.arg(after) AND id > sqlc.arg(after_id)))
ORDER BY first_seen_at, id
LIMIT ?;

-- ListValues returns the values of contacts, in no order.
-- name: ListValues :many
SELECT id, email, phone_number
FROM contacts
WHERE contacts.id IN (sqlc.slice(ids));

-- ListSeenEvidence returns the observations that link the e-mail addresses of the given contacts,
-- by id, with the time of the first sighting.
-- name: ListSeenEvidence :many
SELECT id, email_contact_id, phone_contact_id, first_seen_at
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id IN (sqlc.slice(email_contact_ids)) AND withheld IS NULL
ORDER BY id;

-- ListDivided returns those of the given contacts that took over a value of another one, in no order.
-- name: ListDivided :many
SELECT contact_id
FROM history FORCE INDEX (history_contact_id)
WHERE contact_id IN (sqlc.slice(contact_ids)) AND kind = 'divided';

-- ListHistoryOfContacts returns the next events, oldest first, that affected the given contacts.
-- name: ListHistoryOfContacts :many
SELECT id, kind, contact_id, primary_id, observation_id, key_id, created_at
FROM history FORCE INDEX (history_contact_id)
WHERE contact_id IN (sqlc.slice(contact_ids))
    AND (created_at > sqlc.arg(after) OR (created_at = sqlc.arg(after) AND id > sqlc.arg(after_id)))
ORDER BY created_at, id
LIMIT ?;

-- ListHistoryOfPrimaries returns the next events, oldest first, in the clusters whose primaries were
-- the given contacts.
-- name: ListHistoryOfPrimaries :many
SELECT id, kind, contact_id, primary_id, observation_id, key_id, created_at
FROM history FORCE INDEX (history_primary_id)
WHERE primary_id IN (sqlc.slice(primary_ids))
    AND (created_at > sqlc.arg(after) OR (created_at = sqlc.arg(after) AND id > sqlc.arg(after_id)))
ORDER BY created_at, id
LIMIT ?;

-- FindSeparationOf returns the separation of two contacts, the smaller id first. It locks nothing.
-- name: FindSeparationOf :one
SELECT id, contact_id, other_contact_id, reason, key_id, created_at, updated_at
FROM separations
WHERE contact_id = sqlc.arg(smaller_id) AND other_contact_id = sqlc.arg(larger_id);

-- FindBlockWithValue returns one block with its value. It locks nothing.
-- name: FindBlockWithValue :one
SELECT b.id, b.contact_id, c.email, c.phone_number, b.reason, b.key_id, b.created_at, b.complete, b.linking, b.withheld, c.blocked
FROM blocks AS b
JOIN contacts AS c ON c.id = b.contact_id
WHERE b.id = ?;

-- FindBlockOfEmail is FindBlockWithValue for an e-mail address.
-- name: FindBlockOfEmail :one
SELECT b.id, b.contact_id, c.email, c.phone_number, b.reason, b.key_id, b.created_at, b.complete, b.linking, b.withheld, c.blocked
FROM contacts AS c
JOIN blocks AS b ON b.contact_id = c.id
WHERE c.email = ?;

-- FindBlockOfPhoneNumber is FindBlockWithValue for a phone number.
-- name: FindBlockOfPhoneNumber :one
SELECT b.id, b.contact_id, c.email, c.phone_number, b.reason, b.key_id, b.created_at, b.complete, b.linking, b.withheld, c.blocked
FROM contacts AS c
JOIN blocks AS b ON b.contact_id = c.id
WHERE c.phone_number = ?;

-- ListNewestSeparations returns the next separations, the newest first.
-- name: ListNewestSeparations :many
SELECT id, contact_id, other_contact_id, reason, key_id, created_at, updated_at
FROM separations
WHERE id < sqlc.arg(before_id)
ORDER BY id DESC
LIMIT ?;

-- ListNewestBlocks returns the next blocks, the newest first, with their values.
-- name: ListNewestBlocks :many
SELECT b.id, b.contact_id, c.email, c.phone_number, b.reason, b.key_id, b.created_at, b.complete, b.linking, b.withheld, c.blocked
FROM blocks AS b
JOIN contacts AS c ON c.id = b.contact_id
WHERE b.id < sqlc.arg(before_id)
ORDER BY b.id DESC
LIMIT ?;

-- ListNewestSuppressions returns the next suppressions, the newest first.
-- name: ListNewestSuppressions :many
SELECT id, kind, key_id, created_at
FROM suppressions
WHERE id < sqlc.arg(before_id)
ORDER BY id DESC
LIMIT ?;

-- ListNewestErasures returns the next receipts, the newest first.
-- name: ListNewestErasures :many
SELECT
    id, contact_id, tombstone, suppressed, observations, refusals, separations, blocks, members_before, members_after, key_id,
    erased_at
FROM erasures
WHERE id < sqlc.arg(before_id)
ORDER BY id DESC
LIMIT ?;
