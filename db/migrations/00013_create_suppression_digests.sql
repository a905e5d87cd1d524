-- By what a suppressed value is recognised: one digest for each form in which it may come again. Forms
-- of two values can be the same, such as the national form of a number in two countries.

-- +goose Up
CREATE TABLE suppression_digests (
    digest         BINARY(32)      NOT NULL COMMENT 'HMAC-SHA-256 of kind and form under the key of the suppression',
    suppression_id BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (digest, suppression_id),
    KEY suppression_digests_suppression_id (suppression_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE suppression_digests;
