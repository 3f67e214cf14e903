-- What people were told, and who is busy telling it: a cause is told once.
-- +goose Up
CREATE TABLE alerts (
    cause         TEXT   NOT NULL PRIMARY KEY,
    claimed_until BIGINT NOT NULL,
    sent          BIGINT NOT NULL DEFAULT 0
);
