-- What a file that arrived encrypted holds: the same may come under other bytes.
-- +goose Up
ALTER TABLE entries ADD COLUMN content_sha256 TEXT NOT NULL DEFAULT '';
CREATE INDEX entries_opened ON entries (pipeline, content_sha256) WHERE content_sha256 <> '';
CREATE UNIQUE INDEX entries_opened_once ON entries (pipeline, content_sha256) WHERE content_sha256 <> '' AND state <> 'settled';
