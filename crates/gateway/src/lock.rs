//! Locks on state that several requests share.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex, even if a thread panicked while it held the lock. What is locked here are tables that decide about later
/// requests: a table that lacks the last entry is worth more than none, and a request that went on without it would be trusted
/// more than it is.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Poisons a mutex as a thread does that panics with the lock in its hand.
    pub(crate) fn poison<T: Send>(mutex: &Mutex<T>) {
        let gone = std::thread::scope(|scope| {
            let broken = scope.spawn(|| {
                let _kept = mutex.lock();
                std::panic::resume_unwind(Box::new(()));
            });
            broken.join()
        });
        assert!(gone.is_err() && mutex.is_poisoned());
    }

    #[test]
    fn what_a_broken_thread_left_is_still_there() {
        let table = Mutex::new(vec![1]);
        poison(&table);
        locked(&table).push(2);
        assert_eq!(*locked(&table), [1, 2]);
    }
}
