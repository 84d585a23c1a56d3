-- The position of each entry and the keys by which it is looked up. Everything here is derived from the journal.
CREATE TABLE entry (
    seq INTEGER PRIMARY KEY,
    segment INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    hash BLOB NOT NULL,
    exchange TEXT,
    conversation TEXT
) STRICT;
CREATE INDEX entry_exchange ON entry (exchange, seq) WHERE exchange IS NOT NULL;
CREATE INDEX entry_conversation ON entry (conversation, seq) WHERE conversation IS NOT NULL;

-- Roots of full tiles: row (level, n) covers the leaves n·256^level .. (n+1)·256^level.
CREATE TABLE tile (level INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (level, n))
    STRICT, WITHOUT ROWID;

-- Where the entry after the last indexed one starts.
CREATE TABLE next (id INTEGER PRIMARY KEY CHECK (id = 0), seq INTEGER NOT NULL, segment INTEGER NOT NULL, offset INTEGER NOT NULL)
    STRICT;
