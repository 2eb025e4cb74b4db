//! What can be wrong with a configuration, said so that the place can be found.

use std::path::PathBuf;

/// Why a configuration was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that is named cannot be read.
    #[error("could not read {path}", path = path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no TOML.
    #[error("{path} is not valid TOML", path = path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where and why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A key or variable that nobody knows.
    #[error("unknown key `{name}` in {origin}{hint}", hint = hint(nearest))]
    Unknown {
        /// As it was written.
        name: String,
        /// Where.
        origin: String,
        /// The known name that looks most like it.
        nearest: Option<String>,
    },
    /// A value that its key does not take.
    #[error("`{key}` ({origin}): {reason}")]
    Invalid {
        /// Which key.
        key: String,
        /// Where the value comes from.
        origin: String,
        /// What it should be.
        reason: String,
    },
    /// The sources do not fit together.
    #[error("the configuration cannot be read")]
    Merge(#[from] config::ConfigError),
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}
