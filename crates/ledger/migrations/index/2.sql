-- Entries are looked up by subject too, so everything is indexed again.
ALTER TABLE entry ADD COLUMN subject TEXT;
CREATE INDEX entry_subject ON entry (subject, seq) WHERE subject IS NOT NULL;
DELETE FROM entry;
DELETE FROM tile;
DELETE FROM next;
