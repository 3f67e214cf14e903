-- Times are nanoseconds since 1970 in UTC, 0 when not known.
-- +goose Up
CREATE TABLE contents (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    size    BIGINT  NOT NULL DEFAULT 0,
    named   BOOLEAN NOT NULL DEFAULT FALSE,
    touched BIGINT  NOT NULL
);
CREATE INDEX contents_unnamed ON contents (touched) WHERE named = FALSE;

CREATE TABLE chunks (
    content_id BIGINT  NOT NULL REFERENCES contents (id) ON DELETE CASCADE,
    no         INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    data       BLOB    NOT NULL,
    PRIMARY KEY (content_id, no)
);

CREATE TABLE entries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    pipeline     TEXT    NOT NULL,
    inbox        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    sha256       TEXT    NOT NULL,
    size         BIGINT  NOT NULL,
    mod_time     BIGINT  NOT NULL,
    generation   INTEGER NOT NULL DEFAULT 0,
    forced       BOOLEAN NOT NULL DEFAULT FALSE,
    duplicate_of BIGINT  NOT NULL DEFAULT 0,
    state        TEXT    NOT NULL,
    outcome      TEXT    NOT NULL DEFAULT '',
    back         TEXT    NOT NULL DEFAULT '',
    reason       TEXT    NOT NULL DEFAULT '',
    mapping      TEXT    NOT NULL DEFAULT '',
    verdict      TEXT    NOT NULL DEFAULT '',
    marker       TEXT    NOT NULL DEFAULT '',
    target       TEXT    NOT NULL DEFAULT '',
    row_count    BIGINT  NOT NULL DEFAULT 0,
    accepted     BIGINT  NOT NULL DEFAULT 0,
    refused      BIGINT  NOT NULL DEFAULT 0,
    calls        BIGINT  NOT NULL DEFAULT 0,
    tries        INTEGER NOT NULL DEFAULT 0,
    received     BIGINT  NOT NULL,
    due          BIGINT  NOT NULL,
    settled      BIGINT  NOT NULL DEFAULT 0,
    content_id   BIGINT  REFERENCES contents (id),
    plan         INTEGER NOT NULL DEFAULT 0,
    plan_next    INTEGER NOT NULL DEFAULT 0,
    fence        BIGINT  NOT NULL DEFAULT 0,
    holder       TEXT    NOT NULL DEFAULT '',
    lease_until  BIGINT  NOT NULL DEFAULT 0,
    purged       BOOLEAN NOT NULL DEFAULT FALSE
);
CREATE UNIQUE INDEX entries_unsettled ON entries (pipeline, sha256) WHERE state <> 'settled';
CREATE INDEX entries_key ON entries (pipeline, sha256);
CREATE INDEX entries_place ON entries (inbox, name);
CREATE INDEX entries_due ON entries (due, id) WHERE state <> 'settled' AND state <> 'held';
CREATE INDEX entries_leased ON entries (lease_until) WHERE lease_until > 0;
CREATE INDEX entries_oldest ON entries (received) WHERE state <> 'settled';
CREATE INDEX entries_retained ON entries (settled) WHERE state = 'settled' AND purged = FALSE;

CREATE TABLE lines (
    entry_id     BIGINT  NOT NULL REFERENCES entries (id),
    plan         INTEGER NOT NULL,
    no           INTEGER NOT NULL,
    function     TEXT    NOT NULL,
    class        TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    row_count    BIGINT  NOT NULL,
    state        TEXT    NOT NULL,
    args         BLOB,
    args_content BIGINT  REFERENCES contents (id),
    note         BLOB,
    baseline     BLOB,
    sent         BIGINT  NOT NULL DEFAULT 0,
    settled      BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (entry_id, plan, no)
);
CREATE INDEX lines_open ON lines (entry_id, plan, no) WHERE state IN ('planned', 'sending', 'unknown');

CREATE TABLE attachments (
    entry_id   BIGINT NOT NULL REFERENCES entries (id),
    kind       TEXT   NOT NULL,
    size       BIGINT NOT NULL,
    attached   BIGINT NOT NULL,
    content_id BIGINT REFERENCES contents (id),
    PRIMARY KEY (entry_id, kind)
);

CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    entry_id   BIGINT NOT NULL REFERENCES entries (id),
    at         BIGINT NOT NULL,
    who        TEXT   NOT NULL,
    action     TEXT   NOT NULL,
    from_state TEXT   NOT NULL,
    to_state   TEXT   NOT NULL,
    reason     TEXT   NOT NULL
);
CREATE INDEX audit_entry ON audit (entry_id, id);

-- For the check that nothing names a content that goes.
CREATE INDEX entries_content ON entries (content_id) WHERE content_id IS NOT NULL;
CREATE INDEX lines_content ON lines (args_content) WHERE args_content IS NOT NULL;
CREATE INDEX attachments_content ON attachments (content_id) WHERE content_id IS NOT NULL;
