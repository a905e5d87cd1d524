-- Sessions of browsers that have not ended. The token of a session, which is not stored, has the id of its API key.

-- +goose Up
CREATE TABLE sessions (
    digest     BINARY(32)      NOT NULL COMMENT 'SHA-256 of the token in the cookie of the browser',
    expires_at DATETIME(6)     NOT NULL COMMENT 'UTC',
    PRIMARY KEY (digest),
    KEY sessions_expires_at (expires_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE sessions;
