//! Verifiers that others wrote read what we export.
