//! How bad something is, and how far something can be trusted. Shape and words say it first, colour second.

use super::{Badge, Glyph, Tone};
use crate::format::count;
use crate::i18n::{Key, keys};
use crate::t;
use leptos::prelude::*;

/// How bad a vulnerability is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The worst.
    Critical,
    /// Bad.
    High,
    /// So so.
    Medium,
    /// Hardly.
    Low,
    /// Nobody said.
    Unknown,
}

impl Severity {
    /// The word that scanners use; what is none of them is unknown.
    pub fn read(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "critical" => Severity::Critical,
            "high" => Severity::High,
            "medium" => Severity::Medium,
            "low" | "negligible" => Severity::Low,
            _ => Severity::Unknown,
        }
    }

    const fn class(self) -> &'static str {
        match self {
            Severity::Critical => "c",
            Severity::High => "h",
            Severity::Medium => "m",
            Severity::Low => "l",
            Severity::Unknown => "u",
        }
    }

    const fn key(self) -> Key {
        match self {
            Severity::Critical => keys::severity::CRITICAL,
            Severity::High => keys::severity::HIGH,
            Severity::Medium => keys::severity::MEDIUM,
            Severity::Low => keys::severity::LOW,
            Severity::Unknown => keys::severity::UNKNOWN,
        }
    }

    const fn letter(self) -> &'static str {
        match self {
            Severity::Critical => "C",
            Severity::High => "H",
            Severity::Medium => "M",
            Severity::Low => "L",
            Severity::Unknown => "?",
        }
    }
}

/// A severity in words, with its shape.
#[component]
pub fn SeverityMark(
    /// How bad.
    severity: Severity,
) -> impl IntoView {
    let class = format!("sev sev-{}", severity.class());
    let text = crate::i18n::use_catalog().get(severity.key()).to_owned();
    view! { <span class=class>{text}</span> }
}

/// The vulnerabilities of something in one chip. That none are known and that nobody looked are different facts.
#[component]
pub fn VulnerabilityChip(
    /// How many of each severity, the worst first; nothing where nobody looked.
    counts: Option<Vec<(Severity, u64)>>,
) -> impl IntoView {
    let Some(counts) = counts else {
        return view! { <span class="small muted">{t!(keys::severity::NOT_SCANNED)}</span> }.into_any();
    };
    let catalog = crate::i18n::use_catalog();
    let parts = shown(&counts).into_iter().map(|(severity, n)| {
        let tinted = matches!(severity, Severity::Critical | Severity::High).then(|| severity.class());
        let word = catalog.get(severity.key()).to_owned();
        view! {
            <span class=tinted>
                <b>{severity.letter()}</b>
                {count(n)}
                // A word after each number: a label on the chip would hide them.
                <span class="sr">{format!(" {word} ")}</span>
            </span>
        }
    });
    let parts = parts.collect_view();
    let none = counts.iter().all(|(_, n)| *n == 0).then(|| {
        view! { <span class="z">{t!(keys::severity::NONE_KNOWN)}</span> }
    });
    view! {
        <span class="vulns">
            {parts}
            {none}
        </span>
    }
    .into_any()
}

/// Critical and high are left out where there are none; without any at all there is nothing to show.
fn shown(counts: &[(Severity, u64)]) -> Vec<(Severity, u64)> {
    let of = |severity: Severity| counts.iter().filter(|(each, _)| *each == severity).map(|(_, n)| n).sum::<u64>();
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Unknown];
    if all.into_iter().all(|severity| of(severity) == 0) {
        return Vec::new();
    }
    let counted = all.into_iter().map(|severity| (severity, of(severity)));
    counted.filter(|(severity, n)| *n > 0 || matches!(severity, Severity::Medium | Severity::Low)).collect()
}

/// How far an artifact can be trusted by its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// It has none.
    Unsigned,
    /// It has some, and no rule says that one of them is good.
    Signed,
    /// A rule says that one of them is good: which one.
    Verified(String),
}

/// The three states of trust, each with a shape of its own.
#[component]
pub fn TrustChip(
    /// Which of them.
    trust: Trust,
) -> impl IntoView {
    let (tone, icon, text) = match trust {
        Trust::Unsigned => (Tone::Neutral, Glyph::Minus, t!(keys::trust::UNSIGNED)),
        Trust::Signed => (Tone::Warn, Glyph::Sign, t!(keys::trust::SIGNED)),
        Trust::Verified(rule) => (Tone::Ok, Glyph::ShieldOk, t!(keys::trust::VERIFIED, rule = rule)),
    };
    view! {
        <Badge tone=tone icon=icon>
            {text}
        </Badge>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_scanners() {
        assert_eq!(Severity::read("CRITICAL"), Severity::Critical);
        assert_eq!(Severity::read("Negligible"), Severity::Low);
        assert_eq!(Severity::read("shoe"), Severity::Unknown);
    }

    #[test]
    fn nothing_bad_takes_no_room() {
        use Severity::{Critical, High, Low, Medium};
        assert_eq!(shown(&[(High, 2), (Low, 31)]), [(High, 2), (Medium, 0), (Low, 31)]);
        assert_eq!(shown(&[(Critical, 1)]), [(Critical, 1), (Medium, 0), (Low, 0)]);
        assert_eq!(shown(&[(Medium, 0)]), []);
    }
}
