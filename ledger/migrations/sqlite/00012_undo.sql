-- Which entry an entry takes back.
-- +goose Up
ALTER TABLE entries ADD COLUMN undoes BIGINT NOT NULL DEFAULT 0;
CREATE INDEX entries_undoes ON entries (undoes) WHERE undoes > 0;
