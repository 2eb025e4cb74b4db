//! What the lists of a repository are narrowed to, as their address has it.

use crate::i18n::{Catalog, keys};
use crate::query::plain;
use crate::ui::{query_pairs, with_query};

/// Which artifacts are listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Tagged {
    /// All of them.
    #[default]
    All,
    /// Those with a tag.
    With,
    /// Those without one.
    Without,
}

impl Tagged {
    /// All of them, in the order of the page.
    pub(super) const ALL: [Tagged; 3] = [Tagged::All, Tagged::With, Tagged::Without];

    /// The value in the address; nothing for the usual view.
    pub(super) const fn word(self) -> Option<&'static str> {
        match self {
            Tagged::All => None,
            Tagged::With => Some("tagged"),
            Tagged::Without => Some("untagged"),
        }
    }
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    /// A part of the name, or of the digest.
    pub q: String,
    /// `os/architecture[/variant]`; empty for any.
    pub platform: String,
    /// Whether it has a signature.
    pub signed: Option<bool>,
    /// The row id of a label.
    pub label: Option<i64>,
    /// Whether it has a tag.
    pub tagged: Tagged,
    /// What was done to a tag, as the API calls it; empty for anything.
    pub operation: String,
    is_of_artifacts: bool,
}

/// What a filter of the list of tags is told by in an address.
pub(super) const OF_TAGS: [&str; 5] = ["q", "platform", "signed", "label", "page"];

impl Filter {
    /// The same as far as it narrows a list of artifacts.
    #[must_use]
    pub(super) fn among_artifacts(self) -> Self {
        Filter { platform: String::new(), signed: None, is_of_artifacts: true, ..self }
    }

    /// Reads the query of a page; what does not fit is as if it was not there.
    pub(super) fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let text = |name: &str| {
            pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let platform = text("platform");
        let parts = platform.split('/').filter(|part| !part.is_empty()).count();
        let is_platform = matches!(parts, 2 | 3) && parts == platform.split('/').count();
        Filter {
            q: text("q"),
            platform: if is_platform { plain(&platform) } else { String::new() },
            signed: match text("signed").as_str() {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
            label: text("label").parse().ok(),
            tagged: match text("show").as_str() {
                "tagged" => Tagged::With,
                "untagged" => Tagged::Without,
                _ => Tagged::All,
            },
            operation: match text("op").as_str() {
                known @ ("push" | "create" | "restore" | "delete") => known.to_owned(),
                _ => String::new(),
            },
            is_of_artifacts: false,
        }
    }

    /// The filter of the list of tags in the grammar of the API.
    pub(super) fn of_tags(&self) -> String {
        let mut parts = Vec::new();
        if !self.q.is_empty() {
            parts.push(format!("name=~{}", plain(&self.q)));
        }
        if !self.platform.is_empty() {
            parts.push(format!("platform={}", self.platform));
        }
        if let Some(signed) = self.signed {
            parts.push(format!("signed={signed}"));
        }
        parts.extend(self.label.map(|label| format!("labels=({label})")));
        parts.join(",")
    }

    /// The filter of the list of artifacts.
    pub(super) fn of_artifacts(&self) -> String {
        let mut parts = Vec::new();
        if !self.q.is_empty() {
            parts.push(format!("digest=~{}", plain(&self.q)));
        }
        match self.tagged {
            Tagged::All => {}
            Tagged::With => parts.push("tags=*".to_owned()),
            Tagged::Without => parts.push("tags=nil".to_owned()),
        }
        parts.extend(self.label.map(|label| format!("labels=({label})")));
        parts.join(",")
    }

    /// The filter of the list of moves.
    pub(super) fn of_moves(&self) -> String {
        let mut parts = Vec::new();
        if !self.q.is_empty() {
            parts.push(format!("tag=~{}", plain(&self.q)));
        }
        if !self.operation.is_empty() {
            parts.push(format!("operation={}", self.operation));
        }
        parts.join(",")
    }

    /// The filters of the list of tags that are on, each in words and with the page without it. `label` names the label.
    pub(super) fn chips(&self, catalog: &Catalog, search: &str, label: &str) -> Vec<(String, String)> {
        let without = |name: &str| with_query(search, &[(name, None), ("page", None)]);
        let chip = |key, value: &str, name| (catalog.format(key, &[("value", value)]), without(name));
        let mut chips = Vec::new();
        if !self.q.is_empty() {
            // A digest is searched for among artifacts.
            let key = if self.is_of_artifacts { keys::shelf::DIGEST_IS } else { keys::shelf::NAME_IS };
            chips.push(chip(key, &self.q, "q"));
        }
        if !self.platform.is_empty() {
            chips.push(chip(keys::shelf::PLATFORM_IS, &self.platform, "platform"));
        }
        if let Some(signed) = self.signed {
            let value = catalog.get(if signed { keys::shelf::SIGNED } else { keys::shelf::UNSIGNED });
            chips.push(chip(keys::shelf::SIGNATURE_IS, value, "signed"));
        }
        if self.label.is_some() {
            chips.push(chip(keys::shelf::LABEL_IS, label, "label"));
        }
        chips
    }
}

/// The rows of an address that show what an index lists.
pub(super) fn opened(search: &str) -> Vec<String> {
    let open = query_pairs(search).into_iter().find(|(name, _)| name == "open").map(|(_, value)| value);
    let names = open.unwrap_or_default();
    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The address with a row opened, or closed where it was open.
pub(super) fn toggled(search: &str, name: &str) -> String {
    let mut open = opened(search);
    if open.iter().any(|opened| opened == name) {
        open.retain(|opened| opened != name);
    } else {
        open.push(name.to_owned());
    }
    let open = open.join(",");
    with_query(search, &[("open", (!open.is_empty()).then_some(open.as_str()))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn an_address_is_read_and_its_nonsense_dropped() {
        let filter = Filter::read("?q=v1&platform=linux/arm64&signed=true&label=7&show=untagged&op=push");
        assert_eq!(filter.of_tags(), "name=~v1,platform=linux/arm64,signed=true,labels=(7)");
        assert_eq!(filter.of_artifacts(), "digest=~v1,tags=nil,labels=(7)");
        assert_eq!(filter.of_moves(), "tag=~v1,operation=push");
        let none = Filter::read("?platform=linux&signed=maybe&label=x&show=y&op=drop");
        assert_eq!(none, Filter::default());
        assert_eq!(Filter::read("?platform=a//b").platform, "");
        assert_eq!((none.of_tags(), none.of_artifacts(), none.of_moves()), Default::default());
    }

    #[test]
    fn each_filter_can_be_taken_away() {
        let search = "q=v1&platform=linux/arm64&signed=false&label=7&page=3&sort=name";
        let chips = Filter::read(search).chips(&Catalog::of(Locale::En), search, "stable");
        let texts: Vec<&str> = chips.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["Name: v1", "Platform: linux/arm64", "Signature: Unsigned", "Label: stable"]);
        assert_eq!(chips[1].1, "?q=v1&signed=false&label=7&sort=name");
        let chips = Filter::read(search).among_artifacts().chips(&Catalog::of(Locale::En), search, "stable");
        let texts: Vec<&str> = chips.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["Digest: v1", "Label: stable"]);
    }

    #[test]
    fn rows_open_and_close_in_the_address() {
        assert_eq!(toggled("?q=a", "v1"), "?q=a&open=v1");
        assert_eq!(toggled("q=a&open=v1", "v2"), "?q=a&open=v1,v2");
        assert_eq!(toggled("open=v1,v2", "v1"), "?open=v2");
        assert_eq!(toggled("open=v1", "v1"), "?");
        assert_eq!(opened("?open=v1%2Cv2"), ["v1", "v2"]);
    }
}
