-- A suppression keeps an erased value from being stored again. It does not hold the value, only a
-- keyed digest of it: without the key (ERASURE_KEY) nobody can find the value by trying.

-- +goose Up
CREATE TABLE suppressions (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the suppression id that the API shows',
    kind       ENUM('email', 'phone') NOT NULL COMMENT 'what the value was',
    key_id     CHAR(16)        NOT NULL COMMENT 'which key of ERASURE_KEY made the digests, in hexadecimal',
    digest     BINARY(32)      NOT NULL COMMENT 'HMAC-SHA-256, under that key, of the value as it was stored',
    created_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY suppressions_digest (digest),
    KEY suppressions_key_id (key_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE suppressions;
