-- InsertSuppression suppresses a value and returns the id. Its digest is given in hexadecimal. A
-- value that is already suppressed under the same key keeps its id. Must run in the transaction
-- that removes the value from its contact, so that a transaction that can insert the value sees the
-- suppression.
-- name: InsertSuppression :execlastid
INSERT INTO suppressions (kind, key_id, digest)
VALUES (?, ?, UNHEX(sqlc.arg(digest)))
ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id);

-- InsertSuppressionDigest adds a digest, in hexadecimal, by which a suppressed value is recognized.
-- An existing digest is kept. Must run in the transaction of InsertSuppression.
-- name: InsertSuppressionDigest :exec
INSERT INTO suppression_digests (digest, suppression_id)
VALUES (UNHEX(sqlc.arg(digest)), ?)
ON DUPLICATE KEY UPDATE suppression_id = VALUES(suppression_id);

-- findSuppressed returns those of the given digests that are stored, with their suppressions, in no
-- order. store.FindSuppressed repeats the tuple, which must be on its own line, for each digest.
-- Digests are passed in hexadecimal, because MySQL 9 cannot list running statements that contain
-- invalid text. Must run after the values were inserted, in the same transaction: see
-- InsertSuppression.
-- name: findSuppressed :many
SELECT HEX(digest) AS digest, suppression_id
FROM suppression_digests FORCE INDEX (PRIMARY)
WHERE
(digest = UNHEX(sqlc.arg(digest)))
;

-- LockSuppressions locks suppressions in ascending id and returns them.
-- name: LockSuppressions :many
SELECT id, kind, key_id, created_at
FROM suppressions
WHERE id IN (sqlc.slice(ids))
ORDER BY id
FOR UPDATE;

-- DeleteSuppressionDigests deletes the digests of suppressions. Must run in the transaction of
-- LockSuppressions.
-- name: DeleteSuppressionDigests :exec
DELETE FROM suppression_digests WHERE suppression_id IN (sqlc.slice(suppression_ids));

-- DeleteSuppressions ends suppressions. Must run in the transaction of LockSuppressions, after
-- DeleteSuppressionDigests.
-- name: DeleteSuppressions :exec
DELETE FROM suppressions WHERE id IN (sqlc.slice(ids));

-- CountSuppressionsByKey returns the number of suppressions under each key, by key.
-- name: CountSuppressionsByKey :many
SELECT key_id, COUNT(*) AS suppressions
FROM suppressions
GROUP BY key_id
ORDER BY key_id;
