-- How far the events are numbered. Whoever gives numbers holds the lock on its one row.

-- +goose Up
CREATE TABLE event_feed (
    id          TINYINT UNSIGNED NOT NULL,
    last_number BIGINT UNSIGNED  NOT NULL COMMENT 'the last events.feed_number that was given; 0: none yet',
    PRIMARY KEY (id),
    CONSTRAINT event_feed_one_row CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE event_feed;
