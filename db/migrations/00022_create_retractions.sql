-- A retraction says why an observation is retracted, and who decided it. Every observation that is
-- withheld as retracted has exactly one.

-- +goose Up
CREATE TABLE retractions (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the order of the retractions',
    observation_id BIGINT UNSIGNED NOT NULL COMMENT 'the observation that is retracted',
    reason         VARCHAR(500)    NOT NULL COMMENT 'the reason that the request gave; empty if it mentioned an erased value',
    key_id         BIGINT UNSIGNED NULL     COMMENT 'the API key that retracted it or gave the reason; NULL without a key',
    created_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    updated_at     DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY retractions_observation_id (observation_id),
    KEY retractions_updated_at (updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE retractions;
