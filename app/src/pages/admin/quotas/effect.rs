//! What a new limit does to a project, before it is set.

use super::Storage;
use crate::amount;
use crate::ui::query_pairs;

/// What was asked for, read from the address of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nothing yet.
    #[default]
    None,
    /// This limit in bytes, −1 for no limit.
    Limit(i64),
    /// A text that is no amount.
    Unreadable,
}

/// The values of the choice between a limit and none.
pub(super) const LIMITED: &str = "limited";
pub(super) const UNLIMITED: &str = "unlimited";

/// What the fields of the form hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub kind: String,
    pub amount: String,
}

impl Asked {
    pub(super) fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let of = |name: &str| {
            let found = pairs.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        Asked { kind: of("kind"), amount: of("amount") }
    }

    pub(super) fn wish(&self) -> Wish {
        match self.kind.as_str() {
            UNLIMITED => Wish::Limit(amount::UNLIMITED),
            LIMITED => amount::read(&self.amount).map_or(Wish::Unreadable, Wish::Limit),
            _ => Wish::None,
        }
    }
}

/// What a limit does to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// It is the present one.
    Same,
    /// The project may grow without end.
    Unlimited,
    /// These bytes can still be pushed.
    Room(u64),
    /// The project holds this many bytes more, or exactly what it may: no push gets through.
    Full(u64),
}

impl Effect {
    pub(super) fn of(storage: &Storage, limit: i64) -> Self {
        let limit = u64::try_from(limit).ok();
        match limit {
            _ if limit == storage.limit => Effect::Same,
            None => Effect::Unlimited,
            Some(limit) if limit > storage.used => Effect::Room(limit - storage.used),
            Some(limit) => Effect::Full(storage.used - limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_says_what_is_wished() {
        let wish = |search: &str| Asked::read(search).wish();
        assert_eq!(wish(""), Wish::None);
        assert_eq!(wish("?amount=5"), Wish::None);
        assert_eq!(wish("?kind=unlimited&amount="), Wish::Limit(-1));
        assert_eq!(wish("?kind=limited&amount=50+GiB"), Wish::Limit(50 << 30));
        assert_eq!(wish("?kind=limited&amount=many"), Wish::Unreadable);
        assert_eq!(wish("?kind=limited"), Wish::Unreadable);
        assert_eq!(wish("?kind=limited&amount=50"), Wish::Unreadable);
    }

    #[test]
    fn the_effect_is_what_pushes_meet() {
        let storage = |limit| Storage { project: "p".into(), used: 100, limit };
        assert_eq!(Effect::of(&storage(None), -1), Effect::Same);
        assert_eq!(Effect::of(&storage(Some(500)), 500), Effect::Same);
        assert_eq!(Effect::of(&storage(Some(500)), -1), Effect::Unlimited);
        assert_eq!(Effect::of(&storage(None), 130), Effect::Room(30));
        assert_eq!(Effect::of(&storage(None), 100), Effect::Full(0));
        assert_eq!(Effect::of(&storage(Some(500)), 60), Effect::Full(40));
    }
}
