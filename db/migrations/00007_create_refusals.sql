-- What was observed and not linked: the queue for somebody who decides. One row an observation.

-- +goose Up
CREATE TABLE refusals (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    observation_id BIGINT UNSIGNED NOT NULL,
    code           ENUM('retracted', 'separated', 'blocked', 'fan_out', 'fuse') NOT NULL COMMENT 'why it was not linked',
    refused_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC; the first time',
    closed_at      DATETIME(6)     NULL     COMMENT 'UTC; set: no longer in the queue',
    resolution     ENUM('accepted', 'dismissed') NULL COMMENT 'how it was closed',
    PRIMARY KEY (id),
    UNIQUE KEY refusals_observation_id (observation_id),
    KEY refusals_closed_at (closed_at, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE refusals;
