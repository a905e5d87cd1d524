-- The counter of the feed, in a single row. A transaction that assigns feed numbers locks the row
-- first, so only one assigns them at a time.

-- +goose Up
CREATE TABLE event_feed (
    id          TINYINT UNSIGNED NOT NULL COMMENT 'always 1',
    last_number BIGINT UNSIGNED  NOT NULL COMMENT 'the number of the last event that has one; 0 if none has',
    PRIMARY KEY (id),
    CONSTRAINT event_feed_one_row CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE event_feed;
