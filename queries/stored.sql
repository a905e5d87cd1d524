-- FindEmails returns the contacts that hold one of the e-mail addresses, in no order. It reads only
-- the index.
-- name: FindEmails :many
SELECT email AS value, id
FROM contacts FORCE INDEX (contacts_email)
WHERE email IN (sqlc.slice(emails));

-- FindPhoneNumbers is FindEmails for phone numbers.
-- name: FindPhoneNumbers :many
SELECT phone_number AS value, id
FROM contacts FORCE INDEX (contacts_phone_number)
WHERE phone_number IN (sqlc.slice(phone_numbers));

-- ListEmailsBetween returns the contacts that hold an e-mail address from the first to the last, up
-- to a limit, in the order of the addresses. It reads only the index; a row costs a fifth of one of
-- FindEmails.
-- name: ListEmailsBetween :many
SELECT email AS value, id
FROM contacts FORCE INDEX (contacts_email)
WHERE email BETWEEN sqlc.arg(first) AND sqlc.arg(last)
ORDER BY email
LIMIT ?;

-- ListPhoneNumbersBetween is ListEmailsBetween for phone numbers.
-- name: ListPhoneNumbersBetween :many
SELECT phone_number AS value, id
FROM contacts FORCE INDEX (contacts_phone_number)
WHERE phone_number BETWEEN sqlc.arg(first) AND sqlc.arg(last)
ORDER BY phone_number
LIMIT ?;

-- ListAges returns the primaries and the ages of contacts, in no order. A tombstone is its own
-- primary.
-- name: ListAges :many
SELECT id, COALESCE(linked_id, id) AS primary_id, created_at
FROM contacts
WHERE contacts.id IN (sqlc.slice(ids));

-- ListPairsBetween returns the observations whose e-mail contacts have ids from the first to the last, up
-- to a limit, in the order of the index.
-- name: ListPairsBetween :many
SELECT email_contact_id, phone_contact_id, first_seen_at, withheld
FROM observations FORCE INDEX (observations_pair)
WHERE email_contact_id BETWEEN sqlc.arg(first) AND sqlc.arg(last)
ORDER BY email_contact_id, phone_contact_id
LIMIT ?;
