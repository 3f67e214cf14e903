-- By which file of ours each outbox is known again, so that the absence of a file
-- means something only in the place where it was published.
-- +goose Up
CREATE TABLE places (
    outbox TEXT NOT NULL PRIMARY KEY,
    mark   TEXT NOT NULL
);
