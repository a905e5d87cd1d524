-- An observation can be kept without being evidence, for a reason. A change of the dictionary only:
-- milliseconds, whatever the number of rows, and older processes go on working.

-- +goose Up
ALTER TABLE observations
    ADD COLUMN withheld ENUM('retracted', 'separated', 'blocked', 'fan_out', 'fuse') NULL COMMENT 'why it does not link; NULL: it does',
    ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE observations DROP COLUMN withheld;
