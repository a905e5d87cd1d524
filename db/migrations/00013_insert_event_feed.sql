-- The single row of event_feed. It has a file of its own: CREATE TABLE commits at once, so a file
-- with both statements could not be run again if the second one failed. After down and up the feed
-- continues with the numbers that the stored events have.

-- +goose Up
INSERT INTO event_feed (id, last_number)
SELECT 1, COALESCE(MAX(feed_number), 0) FROM events;

-- +goose Down
DELETE FROM event_feed;
