-- Values that were erased and must not come back: not the values, only what a value can be compared
-- with by whoever has the key. Without the key nobody can try values out.

-- +goose Up
CREATE TABLE suppressions (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    kind       ENUM('email', 'phone') NOT NULL,
    key_id     CHAR(16)        NOT NULL COMMENT 'which key of ERASURE_KEY made the digests, in hexadecimal',
    digest     BINARY(32)      NOT NULL COMMENT 'HMAC-SHA-256 of the value as it was stored, under that key',
    created_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY suppressions_digest (digest),
    KEY suppressions_key_id (key_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE suppressions;
