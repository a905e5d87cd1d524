-- The receipts of erasures: ids and counts, no values. A request whose answer was lost gets the same one
-- again when it is repeated.

-- +goose Up
CREATE TABLE erasures (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    contact_id     BIGINT UNSIGNED NOT NULL,
    tombstone      BOOLEAN      NOT NULL COMMENT 'the contact was erased; FALSE: one of its two values',
    suppressed     BOOLEAN      NOT NULL,
    observations   INT UNSIGNED NOT NULL COMMENT 'how many were deleted with it, as in the columns below',
    refusals       INT UNSIGNED NOT NULL,
    separations    INT UNSIGNED NOT NULL,
    blocks         INT UNSIGNED NOT NULL,
    members_before MEDIUMTEXT   NOT NULL COMMENT 'JSON: the cluster of the contact, by ids',
    members_after  MEDIUMTEXT   NOT NULL COMMENT 'JSON: what became of it',
    erased_at      DATETIME(6)  NOT NULL COMMENT 'UTC',
    PRIMARY KEY (id),
    KEY erasures_contact_id (contact_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE erasures;
