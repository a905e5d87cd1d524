-- Marks that the linker meets when it reads a cluster, so that what is not marked costs no further
-- query. A change of the dictionary only: it waits for running transactions and then takes
-- milliseconds, whatever the number of rows, and older processes go on working.

-- +goose Up
ALTER TABLE contacts
    ADD COLUMN blocked   BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'its one value identifies nobody and links no one',
    ADD COLUMN separated BOOLEAN NOT NULL DEFAULT FALSE COMMENT 'stands in a separation',
    ALGORITHM = INSTANT;

-- +goose Down
ALTER TABLE contacts DROP COLUMN separated, DROP COLUMN blocked;
