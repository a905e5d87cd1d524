-- What happened, by ids alone: the history of a cluster and the feed of GET /events. The number in
-- the feed is given after the commit: ids are taken before it, so their order is not that of the
-- commits, and who reads by id misses what commits late.

-- +goose Up
CREATE TABLE events (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    feed_number    BIGINT UNSIGNED NULL     COMMENT 'the place in the feed, from 1 without gaps; NULL: not given yet',
    kind           ENUM('created', 'linked', 'merged', 'demoted', 'divided', 'split', 'moved', 'refused', 'retracted', 'restored',
        'separated', 'unseparated', 'blocked', 'unblocked', 'erased', 'value_erased') NOT NULL,
    contact_id     BIGINT UNSIGNED NOT NULL COMMENT 'the contact affected: for a merge the absorbed primary, for a split the new primary',
    primary_id     BIGINT UNSIGNED NOT NULL COMMENT 'its primary then: for a merge the survivor; for a split the primary that it left',
    observation_id BIGINT UNSIGNED NULL     COMMENT 'what caused it',
    created_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY events_feed_number (feed_number),
    KEY events_contact_id (contact_id),
    KEY events_primary_id (primary_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE events;
