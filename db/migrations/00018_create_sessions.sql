-- Sessions of browsers. A session acts for the API key that it was started with, as long as that key works.

-- +goose Up
CREATE TABLE sessions (
    digest     BINARY(32)      NOT NULL COMMENT 'SHA-256 of the token in the cookie of the browser',
    key_id     BIGINT UNSIGNED NOT NULL COMMENT 'the API key with which the session was started',
    expires_at DATETIME(6)     NOT NULL COMMENT 'UTC',
    PRIMARY KEY (digest),
    KEY sessions_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE sessions;
