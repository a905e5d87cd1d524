-- The digests by which a suppressed value is recognized: one for each form in which the value may
-- be sent again. Two values can have a form in common, such as the national form of two phone
-- numbers of different countries, so a digest may belong to several suppressions.

-- +goose Up
CREATE TABLE suppression_digests (
    digest         BINARY(32)      NOT NULL COMMENT 'HMAC-SHA-256, under the key of the suppression, of the kind and one form of the value',
    suppression_id BIGINT UNSIGNED NOT NULL COMMENT 'the suppression of the value',
    PRIMARY KEY (digest, suppression_id),
    KEY suppression_digests_suppression_id (suppression_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE suppression_digests;
