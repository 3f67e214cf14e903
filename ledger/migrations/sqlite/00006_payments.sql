-- What was paid, so that nothing is paid twice and a changed account is seen.
-- Accounts and payees are digests with the salt of this database.
-- +goose Up
CREATE TABLE payment_salt (salt TEXT NOT NULL);
INSERT INTO payment_salt (salt) VALUES (lower(hex(randomblob(32))));

CREATE TABLE paid_batches (
    entry_id   BIGINT  NOT NULL REFERENCES entries (id),
    no         INTEGER NOT NULL,
    werkgever  TEXT    NOT NULL,
    date       INTEGER NOT NULL,
    posts      BIGINT  NOT NULL DEFAULT 0,
    total      BIGINT  NOT NULL DEFAULT 0,
    accounts   BLOB    NOT NULL DEFAULT '',
    whole      BOOLEAN NOT NULL DEFAULT FALSE,
    remembered BIGINT  NOT NULL,
    PRIMARY KEY (entry_id, no)
);
CREATE INDEX paid_batches_same ON paid_batches (total, posts, date) WHERE whole = TRUE;
CREATE INDEX paid_batches_werkgever ON paid_batches (werkgever, entry_id);
CREATE INDEX paid_batches_old ON paid_batches (remembered);

CREATE TABLE paid_posts (
    payee    BLOB    NOT NULL,
    entry_id BIGINT  NOT NULL,
    batch    INTEGER NOT NULL,
    no       INTEGER NOT NULL,
    account  BLOB    NOT NULL,
    amount   BIGINT  NOT NULL,
    date     INTEGER NOT NULL,
    PRIMARY KEY (payee, entry_id, batch, no)
) WITHOUT ROWID;
CREATE INDEX paid_posts_entry ON paid_posts (entry_id, batch, no);
