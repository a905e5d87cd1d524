-- The version of the set of API keys, in a single row. Every transaction that changes which keys work
-- raises it, so that each process knows by reading one number whether to read the keys again.

-- +goose Up
CREATE TABLE api_key_version (
    id      TINYINT UNSIGNED NOT NULL COMMENT 'always 1',
    version BIGINT UNSIGNED  NOT NULL COMMENT 'ascends',
    PRIMARY KEY (id),
    CONSTRAINT api_key_version_one_row CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE api_key_version;
