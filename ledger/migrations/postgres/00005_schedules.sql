-- Schedules: the oldest tick that was not done, and who is at it. A later
-- expression plans anew; what was done stays.
-- +goose Up
CREATE TABLE schedules (
    name        TEXT    NOT NULL PRIMARY KEY,
    expression  TEXT    NOT NULL,
    next_tick   BIGINT  NOT NULL,
    due         BIGINT  NOT NULL,
    last_tick   BIGINT  NOT NULL DEFAULT 0,
    last_done   BIGINT  NOT NULL DEFAULT 0,
    done        BIGINT  NOT NULL DEFAULT 0,
    tries       INTEGER NOT NULL DEFAULT 0,
    died        INTEGER NOT NULL DEFAULT 0,
    reason      TEXT    NOT NULL DEFAULT '',
    fence       BIGINT  NOT NULL DEFAULT 0,
    holder      TEXT    NOT NULL DEFAULT '',
    lease_until BIGINT  NOT NULL DEFAULT 0
);
