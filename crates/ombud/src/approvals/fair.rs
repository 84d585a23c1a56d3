//! Fairness: where only so many may wait at once, those of whoever has most waiting make room.

/// The owner of an entry: the client, and its conversation or session.
pub(super) type Whose<'a> = (&'a str, &'a str);

/// Which entry makes room, in a list with the oldest first: the oldest of the fullest session of the fullest client.
pub(super) fn makes_room(all: &[Whose<'_>]) -> Option<usize> {
    let of_client = |whose: &Whose<'_>| all.iter().filter(|other| other.0 == whose.0).count();
    let of_session = |whose: &Whose<'_>| all.iter().filter(|other| *other == whose).count();
    // `max_by_key` gives the last of equals, so the oldest comes last.
    let crowded = |place: &usize| all.get(*place).map(|whose| (of_client(whose), of_session(whose)));
    (0..all.len()).rev().max_by_key(crowded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_most_makes_room() {
        let many: Vec<Whose<'_>> = [("a", "1"), ("b", "1"), ("b", "2"), ("b", "2"), ("a", "2")].into();
        assert_eq!(makes_room(&many), Some(2), "the older one of the fuller session of the fuller client");
        assert_eq!(makes_room(&[("a", "1"), ("b", "1")]), Some(0), "among equals the oldest");
        // A client gains nothing by using a new name for each session.
        let renamed: Vec<Whose<'_>> = [("b", "1"), ("a", "1"), ("a", "2"), ("a", "3")].into();
        assert_eq!(makes_room(&renamed), Some(1));
        assert_eq!(makes_room(&[]), None);
    }
}
