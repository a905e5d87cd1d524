-- A separation says that two contacts belong to different customers. No cluster holds both of them,
-- whatever is observed. contacts.separated is true for both.

-- +goose Up
CREATE TABLE separations (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the separation id that the API shows',
    contact_id       BIGINT UNSIGNED NOT NULL COMMENT 'the contact with the smaller id',
    other_contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the contact with the larger id',
    reason           VARCHAR(500)    NOT NULL COMMENT 'the reason that the request gave; empty if it mentioned an erased value',
    key_id           BIGINT UNSIGNED NULL     COMMENT 'the API key that made the separation or gave it its reason; NULL without a key',
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
