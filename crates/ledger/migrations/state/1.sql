-- Numbers that must stay consistent with the rows: the epoch of the wrapping key.
CREATE TABLE number (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO number (name, value) VALUES ('epoch', 1);

-- Keys of payloads and vault entries, each wrapped by the key of the epoch. A scope (a conversation, a vault scope) may have
-- several keys, because a process never reads old ones to write; it is erased by deleting all of them.
CREATE TABLE scope_key (
    id BLOB PRIMARY KEY,
    scope TEXT NOT NULL,
    wrapped BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_key_scope ON scope_key (scope);

-- Token to value, sealed under a key of the scope.
CREATE TABLE vault (
    scope TEXT NOT NULL,
    token TEXT NOT NULL,
    kind TEXT NOT NULL,
    key_id BLOB NOT NULL,
    sealed BLOB NOT NULL,
    PRIMARY KEY (scope, token)
) STRICT, WITHOUT ROWID;
