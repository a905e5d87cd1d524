-- API keys. A key is idk_SELECTOR_SECRET: the selector finds the row, and of the secret only a digest is
-- stored. The secret has 128 random bits, so that a plain digest is enough.

-- +goose Up
CREATE TABLE api_keys (
    id           BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the key id that the API and the history show',
    selector     VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the part of the key by which it is found; ADMIN_KEY for the key of that setting',
    verifier     BINARY(32)      NOT NULL COMMENT 'SHA-256 of the secret part of the key',
    name         VARCHAR(100)    NOT NULL COMMENT 'who uses it',
    scopes       VARCHAR(255)    NOT NULL COMMENT 'what it allows: scopes, separated by blanks',
    per_second   INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'how many requests a second it may send; 0 for the usual',
    burst        INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'how many it may send at once; 0 if per_second is 0',
    created_at   DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    created_by   BIGINT UNSIGNED NULL     COMMENT 'the key that made it; NULL for the command line or a setting',
    replaces_id  BIGINT UNSIGNED NULL     COMMENT 'the key that it was rotated from; NULL if it was created anew',
    expires_at   DATETIME(6)     NULL     COMMENT 'UTC; when it stops to work; NULL for never',
    last_used_at DATETIME(6)     NULL     COMMENT 'UTC; written at most once a minute by each process; NULL for never',
    revoked_at   DATETIME(6)     NULL     COMMENT 'UTC; NULL if it is not revoked',
    revoked_by   BIGINT UNSIGNED NULL     COMMENT 'the key that revoked it; NULL for the command line or if it is not revoked',
    reason       VARCHAR(500)    NOT NULL DEFAULT '' COMMENT 'why it was revoked; empty if nobody said',
    PRIMARY KEY (id),
    UNIQUE KEY api_keys_selector (selector)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE api_keys;
