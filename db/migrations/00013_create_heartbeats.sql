-- The heartbeats of the processes that read from replicas, a row for each process. A replica that has
-- the nth heartbeat of a process has all that was committed before that process sent it, because
-- replicas commit in the order of the primary. So the lag of a replica is known without comparing
-- clocks, and on every engine. Processes that stop delete their row; rows of others are deleted when
-- they are a day old.

-- +goose Up
CREATE TABLE heartbeats (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'of the process; chosen when it starts',
    beat       BIGINT UNSIGNED NOT NULL COMMENT 'the number of its last heartbeat; ascends',
    updated_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC; when that was, for the deletion only',
    PRIMARY KEY (id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE heartbeats;
