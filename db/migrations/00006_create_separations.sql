-- Who are different people, whatever is observed: no cluster holds both contacts.

-- +goose Up
CREATE TABLE separations (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    contact_id       BIGINT UNSIGNED NOT NULL COMMENT 'the smaller of the two ids',
    other_contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the larger',
    reason           VARCHAR(500)    NOT NULL COMMENT 'the words of who separated them',
    created_at       DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    updated_at       DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY separations_pair (contact_id, other_contact_id),
    KEY separations_other_contact_id (other_contact_id),
    KEY separations_updated_at (updated_at),
    CONSTRAINT separations_in_order CHECK (contact_id < other_contact_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE separations;
