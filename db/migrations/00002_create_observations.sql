-- An observation is a pair of an e-mail address and a phone number that were seen together. It is
-- the evidence that links contacts: contacts are the nodes of a graph, observations its edges, and
-- contacts.linked_id is computed from them. An observation can be withheld: it is then kept, but
-- links nothing.

-- +goose Up
CREATE TABLE observations (
    id               BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the observation id that the API shows',
    email_contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the contact that has the e-mail address',
    phone_contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the contact that has the phone number; the same one if it has both',
    first_seen_at    DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC; when the pair was first seen',
    withheld_at      DATETIME(6)     NULL     COMMENT 'UTC; since when it is withheld; NULL if it links',
    withheld         ENUM('retracted', 'separated', 'blocked', 'fan_out', 'fuse') NULL COMMENT 'why the observation links nothing; NULL if it links',
    PRIMARY KEY (id),
    UNIQUE KEY observations_pair (email_contact_id, phone_contact_id),
    KEY observations_phone_contact_id (phone_contact_id, email_contact_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE observations;
