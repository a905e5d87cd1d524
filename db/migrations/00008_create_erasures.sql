-- The receipts of erasures. They hold ids and counts, but no values. A request that is repeated
-- because its answer was lost gets the same receipt again.

-- +goose Up
CREATE TABLE erasures (
    id             BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the order of the receipts',
    contact_id     BIGINT UNSIGNED NOT NULL COMMENT 'the contact that was erased, or that lost a value',
    tombstone      BOOLEAN      NOT NULL COMMENT 'TRUE if the contact was erased, FALSE if one of its two values was',
    suppressed     BOOLEAN      NOT NULL COMMENT 'whether the request asked to suppress what it erased',
    observations   INT UNSIGNED NOT NULL COMMENT 'how many observations were deleted',
    refusals       INT UNSIGNED NOT NULL COMMENT 'how many refusals were deleted',
    separations    INT UNSIGNED NOT NULL COMMENT 'how many separations were deleted',
    blocks         INT UNSIGNED NOT NULL COMMENT 'how many blocks were deleted',
    members_before MEDIUMTEXT   NOT NULL COMMENT 'JSON: the contact ids of the cluster before the erasure',
    members_after  MEDIUMTEXT   NOT NULL COMMENT 'JSON: the contact ids of each cluster that was left of it',
    key_id         BIGINT UNSIGNED NULL  COMMENT 'the API key that erased it; NULL without a key',
    erased_at      DATETIME(6)  NOT NULL COMMENT 'UTC',
    PRIMARY KEY (id),
    KEY erasures_contact_id (contact_id)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE erasures;
