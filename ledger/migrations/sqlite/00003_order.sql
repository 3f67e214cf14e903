-- Calls about the same thing are made in the order in which their files came
-- in: scope says what a call is about.
-- +goose Up
ALTER TABLE lines ADD COLUMN scope TEXT NOT NULL DEFAULT '';
CREATE INDEX lines_scope ON lines (scope, entry_id) WHERE scope <> '';
CREATE INDEX lines_scope_open ON lines (scope, entry_id) WHERE state IN ('planned', 'sending', 'unknown');
CREATE INDEX entries_staged ON entries (pipeline, id) WHERE state = 'staged';
-- How often the holder of a lease never came back.
ALTER TABLE entries ADD COLUMN died INTEGER NOT NULL DEFAULT 0;
-- The source was another file by the time the entry was settled, and stayed.
ALTER TABLE entries ADD COLUMN left_source BOOLEAN NOT NULL DEFAULT FALSE;
