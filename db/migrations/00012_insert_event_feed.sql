-- The single row of event_feed. It has a file of its own: CREATE TABLE commits at once, so a file
-- with both statements could not be run again if the second one failed. After down and up the feed
-- continues with the numbers that the stored change sets have.

-- +goose Up
INSERT INTO event_feed (id, last_number)
SELECT 1, COALESCE(MAX(last_number), 0) FROM change_sets;

-- +goose Down
DELETE FROM event_feed;
