-- What the files of a sender look like: the columns, kinds of cells and codes of
-- what was imported, and with which mapping every call was made.
-- +goose Up
CREATE TABLE shapes (
    pipeline TEXT NOT NULL,
    inbox    TEXT NOT NULL,
    shape    TEXT NOT NULL,
    PRIMARY KEY (pipeline, inbox)
);
ALTER TABLE lines ADD COLUMN mapping TEXT NOT NULL DEFAULT '';
