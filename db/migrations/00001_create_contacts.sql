-- One row a contact. Every e-mail and every phone number stands in exactly one row, so the
-- database itself forbids two primaries for one value. Comparison is binary: under the usual
-- collations josé@ equals jose@ and two people become one.
--
-- No table has foreign keys: they make each changed row three times as dear on MySQL 9.7, and engines that
-- spread a table over several servers lack them. identikit verify finds what they would refuse.

-- +goose Up
CREATE TABLE contacts (
    id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    phone_number    VARCHAR(33)     NULL     COMMENT 'normalized: E.164, or 1 to 32 digits with an optional +',
    email           VARCHAR(254)    NULL     COMMENT 'normalized: NFKC, lower case, domain in its ASCII form',
    linked_id       BIGINT UNSIGNED NULL     COMMENT 'the primary of the cluster; NULL for the primary itself',
    link_precedence ENUM('primary', 'secondary') NOT NULL COMMENT 'primary: the oldest contact of its cluster by (created_at, id)',
    created_at      DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC, the clock of the database',
    updated_at      DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    deleted_at      DATETIME(6)     NULL     COMMENT 'UTC; set: the row only keeps its id',
    PRIMARY KEY (id),
    UNIQUE KEY contacts_phone_number (phone_number),
    UNIQUE KEY contacts_email (email),
    KEY contacts_linked_id (linked_id),
    CONSTRAINT contacts_primary_has_no_link CHECK ((link_precedence = 'primary') = (linked_id IS NULL)),
    CONSTRAINT contacts_live_has_value CHECK (email IS NOT NULL OR phone_number IS NOT NULL OR deleted_at IS NOT NULL)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE contacts;
