//! Row ids as Harbor hands them out: positive 64-bit integers, never reused.

use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A person.
    UserId,
    /// A project.
    ProjectId,
    /// A repository.
    RepositoryId,
    /// A manifest as Harbor's API shows it.
    ArtifactId,
    /// A tag.
    TagId,
    /// A membership.
    MemberId,
    /// A robot account.
    RobotId,
}

impl UserId {
    /// The first administrator, made by the first migration.
    pub const ADMIN: UserId = UserId(1);
}
