-- How many observations of requests to identify there were in each minute, by what became of them, over all
-- processes. Each process adds what it counted, about every ten seconds. Rows are deleted when they are a day
-- old.

-- +goose Up
CREATE TABLE outcome_minutes (
    minute  DATETIME        NOT NULL COMMENT 'UTC; its beginning',
    known   BIGINT UNSIGNED NOT NULL COMMENT 'observations that added nothing',
    created BIGINT UNSIGNED NOT NULL COMMENT 'that made a new cluster',
    linked  BIGINT UNSIGNED NOT NULL COMMENT 'that added a value to a cluster',
    merged  BIGINT UNSIGNED NOT NULL COMMENT 'that made one cluster of two',
    refused BIGINT UNSIGNED NOT NULL COMMENT 'of which at least one value was not linked',
    PRIMARY KEY (minute)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE outcome_minutes;
