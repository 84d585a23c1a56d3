//! Templates: the built-in ones, and faulty ones.

#[cfg(test)]
mod hostile;
