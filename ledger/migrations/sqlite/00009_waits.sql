-- For which other entry an entry waits, so that it goes on as soon as that moves.
-- +goose Up
ALTER TABLE entries ADD COLUMN waits_for BIGINT NOT NULL DEFAULT 0;
CREATE INDEX entries_waiting ON entries (waits_for) WHERE waits_for > 0;
