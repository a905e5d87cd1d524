-- Requests that were carried out with an Idempotency-Key, so that repeating one does not carry it out again.
-- Nothing of the request can be read or guessed from a row: the fingerprint is keyed with the key that the
-- client chose, and of that key only a digest is stored. Rows are deleted when they are a day old.
--
-- The digests are text, because MySQL cannot show the statement of a transaction that has other bytes in it:
-- who looks for what waits in information_schema.INNODB_TRX would get an error.

-- +goose Up
CREATE TABLE idempotency_keys (
    digest      CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SHA-256 of the id of the API key and the Idempotency-Key, in hexadecimal digits',
    fingerprint CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'HMAC-SHA-256 of the request under the Idempotency-Key, likewise',
    erasure_id  BIGINT UNSIGNED NULL     COMMENT 'the receipt that the request made, if it was an erasure',
    made_key_id BIGINT UNSIGNED NULL     COMMENT 'the API key that the request made, if it made one',
    created_at  DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (digest),
    KEY idempotency_keys_erasure_id (erasure_id),
    KEY idempotency_keys_created_at (created_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE idempotency_keys;
