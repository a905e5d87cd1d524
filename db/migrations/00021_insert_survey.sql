-- The single row of survey, in a file of its own as that of event_feed.

-- +goose Up
INSERT INTO survey (id) VALUES (1);

-- +goose Down
DELETE FROM survey;
