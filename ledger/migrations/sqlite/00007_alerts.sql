-- What people were told, and who is busy telling it: a cause is told once.
-- +goose Up
CREATE TABLE alerts (
    cause         TEXT   NOT NULL PRIMARY KEY,
    claimed_until BIGINT NOT NULL,
    sent          BIGINT NOT NULL DEFAULT 0
);
-- What stands still is looked at twice a minute, among all that is settled.
CREATE INDEX entries_standing ON entries (id) WHERE state <> 'settled';
