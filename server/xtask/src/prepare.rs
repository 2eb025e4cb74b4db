//! What the suites need on a clean Debian machine.

pub mod node;
pub mod packages;
pub mod postgres;
pub mod python;
pub mod tools;

use anyhow::{Context, bail};

/// Compares the first two numbers of versions: `1.26.8` is at least `1.25`.
pub fn require_version(what: &str, found: &str, minimum: &str) -> anyhow::Result<()> {
    let has = numbers(found).with_context(|| format!("{what}: cannot read version `{found}`"))?;
    let wants = numbers(minimum).with_context(|| format!("{what}: cannot read version `{minimum}`"))?;
    if has < wants {
        bail!("{what} {found} is older than {minimum}");
    }
    Ok(())
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let version = version.trim().trim_start_matches(|c: char| !c.is_ascii_digit());
    let mut parts = version.split(|c: char| !c.is_ascii_digit());
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().and_then(|minor| minor.parse().ok()).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::require_version;

    #[test]
    fn versions_compare_by_number() {
        assert!(require_version("Go", "go1.26.8", "1.25").is_ok());
        assert!(require_version("Go", "go1.9", "1.25").is_err());
        assert!(require_version("Node", "v20.20.2\n", "20").is_ok());
        assert!(require_version("Node", "v18.1.0", "20").is_err());
        assert!(require_version("Go", "devel", "1.25").is_err());
    }
}
