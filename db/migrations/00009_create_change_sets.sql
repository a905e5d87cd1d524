-- A change set is the events that a transaction wrote together, described by ids alone, in one row: a
-- new contact costs a few bytes instead of a row with its index entries. The sets are the feed of
-- GET /events.
--
-- The feed is not in the order of the ids: an id is assigned before its transaction commits, so a
-- reader that continues after the largest id it saw would miss a set that commits later. Sets get
-- their numbers after the commit, as many as they have events; until then last_number is NULL.

-- +goose Up
CREATE TABLE change_sets (
    id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'not the order of the feed, see last_number',
    last_number BIGINT UNSIGNED NULL     COMMENT 'the number of its last event in the feed, from 1 without gaps; NULL if not assigned yet',
    size        INT UNSIGNED    NOT NULL COMMENT 'the number of its events, at least 1',
    events      MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'JSON: for each event, in their order, an array of kind, contact, primary and, if one caused it, observation',
    key_id      BIGINT UNSIGNED NULL     COMMENT 'the API key that decided this; NULL without a key, and for what was observed',
    created_at  DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY change_sets_last_number (last_number),
    CONSTRAINT change_sets_not_empty CHECK (size > 0)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE change_sets;
