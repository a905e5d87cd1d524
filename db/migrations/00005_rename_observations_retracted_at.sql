-- Retraction is one reason of several. A change of the dictionary only: milliseconds. Of older
-- processes only export and verify name the column and have to be run again.

-- +goose Up
ALTER TABLE observations RENAME COLUMN retracted_at TO withheld_at;

-- +goose Down
ALTER TABLE observations RENAME COLUMN withheld_at TO retracted_at;
