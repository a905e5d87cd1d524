-- The search for the largest clusters and for hubs, in a single row: the one that runs, and the result of the
-- last one. So every process shows the same, and only one of them searches. Whoever searches renews the row
-- while it does; if it does not for half a minute, another process begins again.

-- +goose Up
CREATE TABLE survey (
    id                TINYINT UNSIGNED NOT NULL COMMENT 'always 1',
    running           BOOLEAN          NOT NULL DEFAULT FALSE COMMENT 'a survey was started and has not ended',
    claim             BIGINT UNSIGNED  NOT NULL DEFAULT 0 COMMENT 'chosen at random by whoever runs it',
    started_at        DATETIME(6)      NULL     COMMENT 'UTC; when the running one was asked for; NULL for never',
    renewed_at        DATETIME(6)      NULL     COMMENT 'UTC; when its process was last heard of',
    percent           TINYINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'how far it is',
    result_started_at DATETIME(6)      NULL     COMMENT 'UTC; when the last one that was finished was asked for; NULL for none',
    finished_at       DATETIME(6)      NULL     COMMENT 'UTC; when it was finished',
    result            MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'JSON: what it found, as ids and counts',
    PRIMARY KEY (id),
    CONSTRAINT survey_one_row CHECK (id = 1)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE survey;
