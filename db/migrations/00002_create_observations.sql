-- The evidence: which e-mail and which phone number were ever seen together. Contacts are the
-- nodes, observations the edges; contacts.linked_id is only the answer computed from them.

-- +goose Up
CREATE TABLE observations (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    email_contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the contact that holds the e-mail',
    phone_contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the contact that holds the phone number; may be the same',
    first_seen_at    DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    retracted_at     DATETIME(6)     NULL     COMMENT 'UTC; set: kept, but no longer evidence',
    PRIMARY KEY (id),
    UNIQUE KEY observations_pair (email_contact_id, phone_contact_id),
    KEY observations_phone_contact_id (phone_contact_id, email_contact_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE observations;
