-- The single row of api_key_version, in a file of its own as that of event_feed.

-- +goose Up
INSERT INTO api_key_version (id, version) VALUES (1, 1);

-- +goose Down
DELETE FROM api_key_version;
