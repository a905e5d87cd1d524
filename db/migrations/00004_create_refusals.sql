-- A refusal is an observation that was stored but not linked. Open refusals are the queue for a
-- person who decides about them. There is at most one refusal for each observation.

-- +goose Up
CREATE TABLE refusals (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the refusal id that the API shows',
    observation_id BIGINT UNSIGNED NOT NULL COMMENT 'the observation that was not linked',
    code           ENUM('retracted', 'separated', 'blocked', 'fan_out', 'fuse') NOT NULL COMMENT 'why it was not linked',
    refused_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC; when it was first refused',
    closed_at      DATETIME(6)     NULL     COMMENT 'UTC; when it left the queue; NULL if it is open',
    resolution     ENUM('accepted', 'dismissed') NULL COMMENT 'how it was closed; NULL if it is open',
    key_id         BIGINT UNSIGNED NULL     COMMENT 'the API key that closed it; NULL without a key, or if it is open',
    PRIMARY KEY (id),
    UNIQUE KEY refusals_observation_id (observation_id),
    KEY refusals_closed_at (closed_at, id),
    KEY refusals_code (closed_at, code, id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE refusals;
