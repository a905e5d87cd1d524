-- Values that identify nobody, each as the contact that holds nothing else.

-- +goose Up
CREATE TABLE blocks (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    contact_id BIGINT UNSIGNED NOT NULL,
    reason     VARCHAR(500)    NOT NULL COMMENT 'the words of who blocked it',
    complete   BOOLEAN         NOT NULL DEFAULT FALSE COMMENT 'no observation of the value links any more',
    after_id   BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'how far the block, or its end, got: the contact with the other value of the last observation',
    linking    INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'counted as the block, or its end, begins, and kept by its steps: observations that link',
    withheld   INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'likewise: observations that are withheld because a value is blocked',
    created_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    updated_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY blocks_contact_id (contact_id),
    KEY blocks_updated_at (updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE blocks;
