//! What becomes of a tag, in words.

use crate::i18n::{Catalog, keys};
use berth_types::api::{RetentionReason, RetentionVerdict};

/// Why a tag stays or goes.
pub fn reason(catalog: &Catalog, verdict: &RetentionVerdict) -> String {
    use keys::retention::reason as k;
    let numbers: Vec<String> = verdict.rules.iter().map(i64::to_string).collect();
    let (rules, count) = (numbers.join(", "), numbers.len() as u64);
    match verdict.reason {
        RetentionReason::Rule => catalog.plural(k::RULE, count, &[("rules", &rules)]),
        RetentionReason::SameArtifact => {
            catalog.format(k::SAME_ARTIFACT, &[("tag", verdict.same_as.as_deref().unwrap_or_default())])
        }
        RetentionReason::Immutable => catalog.get(k::IMMUTABLE).to_owned(),
        RetentionReason::Attached => catalog.get(k::ATTACHED).to_owned(),
        RetentionReason::Listed => catalog.get(k::LISTED).to_owned(),
        RetentionReason::Rank => {
            let rank = verdict.rank.unwrap_or_default().to_string();
            catalog.format(k::RANK, &[("rank", &rank), ("rule", &rules)])
        }
        RetentionReason::Age => catalog.format(k::AGE, &[("rule", &rules)]),
        RetentionReason::Unselected => catalog.get(k::UNSELECTED).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use berth_types::Timestamp;

    #[test]
    fn every_reason_is_told() {
        let catalog = Catalog::of(Locale::En);
        let of = |reason: RetentionReason, rules: &[i64]| RetentionVerdict {
            reason,
            rules: rules.to_vec(),
            same_as: Some("v1".to_owned()),
            rank: Some(14),
            repository: "app".to_owned(),
            digest: String::new(),
            tag: None,
            kept: false,
            push_time: Timestamp::NEVER,
            pull_time: Timestamp::NEVER,
        };
        for (verdict, text) in [
            (of(RetentionReason::Rule, &[2]), "rule 2"),
            (of(RetentionReason::Rule, &[1, 2]), "rules 1, 2"),
            (of(RetentionReason::SameArtifact, &[1]), "same artifact as v1"),
            (of(RetentionReason::Immutable, &[]), "immutable"),
            (of(RetentionReason::Rank, &[1]), "number 14 for rule 1"),
            (of(RetentionReason::Age, &[3]), "too old for rule 3"),
            (of(RetentionReason::Unselected, &[]), "no rule selects it"),
        ] {
            assert_eq!(reason(&catalog, &verdict), text);
        }
    }
}
