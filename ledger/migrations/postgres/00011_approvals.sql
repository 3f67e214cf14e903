-- What persons let go to Loket: which plan, and of whom.
-- +goose Up
CREATE TABLE approvals (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id  BIGINT NOT NULL REFERENCES entries (id),
    at        BIGINT NOT NULL,
    who       TEXT   NOT NULL,
    reason    TEXT   NOT NULL,
    plan      TEXT   NOT NULL,
    employees TEXT   NOT NULL
);
CREATE INDEX approvals_entry ON approvals (entry_id);
