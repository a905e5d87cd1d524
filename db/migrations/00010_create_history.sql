-- The history of contacts, described by ids alone. How a contact was first stored (created, linked)
-- is in the contact itself; all other events are here, and in change_sets for the feed. Like
-- observations, this is evidence: it is kept when the feed is shortened.

-- +goose Up
CREATE TABLE history (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'ascends in the order of the events of a cluster',
    kind           ENUM('merged', 'demoted', 'divided', 'split', 'moved', 'refused', 'retracted', 'restored',
        'separated', 'unseparated', 'blocked', 'unblocked', 'erased', 'value_erased') NOT NULL COMMENT 'what happened; docs/feed.md explains each kind',
    contact_id     BIGINT UNSIGNED NOT NULL COMMENT 'the contact affected: for a merge the absorbed primary, for a split the new primary',
    primary_id     BIGINT UNSIGNED NOT NULL COMMENT 'its primary afterwards: for a merge the surviving primary; for a split the primary that it left',
    observation_id BIGINT UNSIGNED NULL     COMMENT 'the observation that caused the event, if one did',
    key_id         BIGINT UNSIGNED NULL     COMMENT 'the API key that decided this; NULL without a key, and for what was observed',
    created_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    KEY history_contact_id (contact_id),
    KEY history_primary_id (primary_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE history;
