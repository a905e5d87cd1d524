-- The one row of event_feed. Numbers go on after those that are stored.

-- +goose Up
INSERT INTO event_feed (id, last_number)
SELECT 1, COALESCE(MAX(feed_number), 0) FROM events;

-- +goose Down
DELETE FROM event_feed;
