-- Subjects by pseudonym. A proof of consent is valid only while its epoch is the subject's: withdrawing consent and erasing
-- raise it. The row stays after an erasure, so that old proofs stay void.
CREATE TABLE subject (
    subject TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The latest response per purpose. Times are seconds since 1970.
CREATE TABLE consent (
    subject TEXT NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('given', 'refused', 'withdrawn')),
    at INTEGER NOT NULL,
    until INTEGER NOT NULL,
    notice TEXT,
    receipt TEXT NOT NULL,
    PRIMARY KEY (subject, purpose)
) STRICT, WITHOUT ROWID;

-- Vault scopes that contain values of a subject.
CREATE TABLE subject_scope (
    subject TEXT NOT NULL,
    scope TEXT NOT NULL,
    PRIMARY KEY (subject, scope)
) STRICT, WITHOUT ROWID;

-- Erasures in progress; a row is deleted when its receipt is written.
CREATE TABLE erasure (
    subject TEXT PRIMARY KEY,
    begun INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
