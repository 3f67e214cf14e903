-- An export is an entry that came from no inbox: run names what is exported,
-- about says it in JSON. Its files are outputs.
-- +goose Up
ALTER TABLE entries ADD COLUMN run TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN about TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX entries_run ON entries (pipeline, run) WHERE run <> '';

CREATE TABLE outputs (
    entry_id   BIGINT  NOT NULL REFERENCES entries (id),
    no         INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    format     TEXT    NOT NULL,
    outbox     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    sha256     TEXT    NOT NULL,
    size       BIGINT  NOT NULL,
    item_count BIGINT  NOT NULL,
    amount     BIGINT  NOT NULL,
    hash       TEXT    NOT NULL,
    pays       TEXT    NOT NULL,
    state      TEXT    NOT NULL,
    deadline   BIGINT  NOT NULL DEFAULT 0,
    published  BIGINT  NOT NULL DEFAULT 0,
    fate       TEXT    NOT NULL DEFAULT '',
    fated      BIGINT  NOT NULL DEFAULT 0,
    who        TEXT    NOT NULL DEFAULT '',
    content_id BIGINT  REFERENCES contents (id),
    PRIMARY KEY (entry_id, no)
);
-- A payment leaves once, whichever pipeline made the file, and no two files of
-- ours ever want one name.
CREATE UNIQUE INDEX outputs_pays ON outputs (pays) WHERE pays <> '' AND state <> 'dropped';
CREATE UNIQUE INDEX outputs_name ON outputs (outbox, name) WHERE state <> 'dropped';
CREATE INDEX outputs_lying ON outputs (outbox) WHERE state = 'published';
CREATE INDEX outputs_content ON outputs (content_id) WHERE content_id IS NOT NULL;
