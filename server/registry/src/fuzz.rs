//! What fuzzing reaches of the cursors in `Link`, `last` and `n`.

use crate::names::{next_link, number};

/// Reads `n`. Nothing where it is refused, else the number if there is one.
pub fn count(text: Option<&str>) -> Option<Option<u64>> {
    number(text).ok()
}

/// The `Link` header of a page whose last name is `last`.
pub fn link(path: &str, last: &str, n: usize) -> String {
    next_link(path, last, n)
}
