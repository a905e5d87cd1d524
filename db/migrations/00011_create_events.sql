-- An event is a change of a cluster, described by ids alone. Events are the history of a cluster
-- and the feed of GET /events.
--
-- The feed is not in the order of the ids: an id is assigned before its transaction commits, so a
-- reader that continues after the largest id it saw would miss an event that commits later. Events
-- get their feed_number after the commit; until then it is NULL.

-- +goose Up
CREATE TABLE events (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'not the order of the feed, see feed_number',
    feed_number    BIGINT UNSIGNED NULL     COMMENT 'the place in the feed, from 1 without gaps; NULL if not assigned yet',
    kind           ENUM('created', 'linked', 'merged', 'demoted', 'divided', 'split', 'moved', 'refused', 'retracted', 'restored',
        'separated', 'unseparated', 'blocked', 'unblocked', 'erased', 'value_erased') NOT NULL COMMENT 'what happened; docs/feed.md explains each kind',
    contact_id     BIGINT UNSIGNED NOT NULL COMMENT 'the contact affected: for a merge the absorbed primary, for a split the new primary',
    primary_id     BIGINT UNSIGNED NOT NULL COMMENT 'its primary afterwards: for a merge the surviving primary; for a split the primary that it left',
    observation_id BIGINT UNSIGNED NULL     COMMENT 'the observation that caused the event, if one did',
    created_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY events_feed_number (feed_number),
    KEY events_contact_id (contact_id),
    KEY events_primary_id (primary_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE events;
