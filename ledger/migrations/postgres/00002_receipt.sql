-- Whether an entry has a receipt stands with the entry: counting the files
-- without one must not read every attachment.
-- +goose Up
ALTER TABLE entries ADD COLUMN receipt BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE entries SET receipt = TRUE
    WHERE EXISTS (SELECT 1 FROM attachments a WHERE a.entry_id = entries.id AND a.kind LIKE 'receipt%');
CREATE INDEX entries_count ON entries (state, outcome, receipt);
