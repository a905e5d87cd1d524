-- A block says that a value identifies nobody, such as the phone number of a shop. The contact of
-- the block holds only this value, and contacts.blocked is true for it.
--
-- Blocking a value that many observations have takes several transactions, and so does unblocking
-- it. The row keeps how far the work got, so that the next request continues there.

-- +goose Up
CREATE TABLE blocks (
    id         BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the block id that the API shows',
    contact_id BIGINT UNSIGNED NOT NULL COMMENT 'the contact that holds the value, and no other',
    reason     VARCHAR(500)    NOT NULL COMMENT 'the reason that the request gave; empty if it mentioned an erased value',
    key_id     BIGINT UNSIGNED NULL     COMMENT 'the API key that made the block or gave it its reason; NULL without a key',
    complete   BOOLEAN         NOT NULL DEFAULT FALSE COMMENT 'no observation of the value links any more',
    after_id   BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'where to continue: after the observation whose other value this contact holds',
    linking    INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'how many observations of the value link; counted at the beginning and updated by each step',
    withheld   INT UNSIGNED    NOT NULL DEFAULT 0 COMMENT 'how many are withheld because a value is blocked; counted likewise',
    created_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    updated_at DATETIME(6)     NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6) COMMENT 'UTC',
    PRIMARY KEY (id),
    UNIQUE KEY blocks_contact_id (contact_id),
    KEY blocks_updated_at (updated_at)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- +goose Down
DROP TABLE blocks;
