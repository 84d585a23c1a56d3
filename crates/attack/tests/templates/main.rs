//! Templates: those that come with Ombud, and those that are wrong.

#[cfg(test)]
mod hostile;
