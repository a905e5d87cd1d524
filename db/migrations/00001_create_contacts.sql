-- A contact is an e-mail address, a phone number, or a pair of both. Contacts that belong to one
-- customer form a cluster: its oldest contact is the primary, and all others link to it.
--
-- Each e-mail address and each phone number is in exactly one row, so the unique keys keep two
-- customers from having the same value. The collation is binary: under the default collations josé@
-- would equal jose@, and two customers would become one.
--
-- No table has foreign keys. On MySQL 9.7 they make a changed row cost three times as much, and
-- engines that spread a table over several servers do not support them. identikit verify finds what
-- foreign keys would refuse.

-- +goose Up
CREATE TABLE contacts (
    id              BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the contact id that the API shows',
    phone_number    VARCHAR(33)     NULL     COMMENT 'normalized: E.164, or 1 to 32 digits with an optional +',
    email           VARCHAR(254)    NULL     COMMENT 'normalized: NFKC, lower case, domain in its ASCII form',
    linked_id       BIGINT UNSIGNED NULL     COMMENT 'the primary of the cluster; NULL for the primary itself',
    first_linked_id BIGINT UNSIGNED NULL     COMMENT 'the primary under which the contact was first stored; NULL if it was stored as a primary; it never changes',
    link_precedence ENUM('primary', 'secondary') NOT NULL COMMENT 'primary: the oldest contact of its cluster by (created_at, id)',
    blocked         BOOLEAN         NOT NULL DEFAULT FALSE COMMENT 'the value of this contact is in blocks and links nothing',
    separated       BOOLEAN         NOT NULL DEFAULT FALSE COMMENT 'a row of separations names this contact',
    created_at      DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC; when a value was first seen; an import may set an earlier time',
    updated_at      DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    deleted_at      DATETIME(6)     NULL     COMMENT 'UTC; if set, the contact was erased: it has no values and only keeps its id',
    PRIMARY KEY (id),
    UNIQUE KEY contacts_phone_number (phone_number),
    UNIQUE KEY contacts_email (email),
    KEY contacts_linked_id (linked_id),
    CONSTRAINT contacts_primary_has_no_link CHECK ((link_precedence = 'primary') = (linked_id IS NULL)),
    CONSTRAINT contacts_live_has_value CHECK (email IS NOT NULL OR phone_number IS NOT NULL OR deleted_at IS NOT NULL)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE contacts;
