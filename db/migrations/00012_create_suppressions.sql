-- What was erased and must not come back: no value, only what a value can be compared with by
-- whoever has the key. Without the key nobody can try values out.

-- +goose Up
CREATE TABLE suppressions (
    kind       ENUM('email', 'phone') NOT NULL,
    digest     BINARY(32)  NOT NULL COMMENT 'HMAC-SHA-256 of kind and normalized value under ERASURE_KEY',
    created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (kind, digest)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE suppressions;
