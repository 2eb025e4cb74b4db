//! The notice of the administrators, `banner_message`: JSON text as Harbor keeps it.

use crate::client::json;
use crate::ui::Tone;
use berth_types::Timestamp;
use serde::Deserialize;

/// A notice for all pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Banner {
    /// What it says.
    pub message: String,
    /// How grave it is.
    pub tone: Tone,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Raw {
    message: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default, rename = "fromDate")]
    from: Option<String>,
    #[serde(default, rename = "toDate")]
    to: Option<String>,
}

impl Banner {
    /// Reads the setting. A text that is no JSON is the message itself; an empty one is no notice.
    pub fn read(setting: &str) -> Option<Banner> {
        let setting = setting.trim();
        if setting.is_empty() {
            return None;
        }
        let Ok(raw) = json::read::<Raw>(setting) else {
            return Some(Banner { message: setting.to_owned(), tone: Tone::Info, from: None, to: None });
        };
        let tone = match raw.kind.as_str() {
            "danger" => Tone::Bad,
            "warning" => Tone::Warn,
            "success" => Tone::Ok,
            _ => Tone::Info,
        };
        let time = |text: Option<String>| text.and_then(|text| Timestamp::parse_rfc3339(&text));
        (!raw.message.is_empty()).then(|| Banner { message: raw.message, tone, from: time(raw.from), to: time(raw.to) })
    }

    /// Whether it is to be shown at this moment.
    pub fn shown_at(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.to.is_none_or(|to| now <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harbors_json_and_plain_texts() {
        let banner = Banner::read(
            r#"{"closable":true,"message":"Down at noon","type":"warning","fromDate":"2026-01-02T00:00:00Z","toDate":"2026-01-03T00:00:00Z"}"#,
        )
        .unwrap();
        assert_eq!((banner.message.as_str(), banner.tone), ("Down at noon", Tone::Warn));
        assert!(banner.shown_at(Timestamp::parse_rfc3339("2026-01-02T12:00:00Z").unwrap()));
        assert!(!banner.shown_at(Timestamp::parse_rfc3339("2026-01-04T00:00:00Z").unwrap()));
        assert_eq!(Banner::read("plain").unwrap().message, "plain");
        assert!(Banner::read(" ").is_none() && Banner::read(r#"{"message":""}"#).is_none());
    }
}
