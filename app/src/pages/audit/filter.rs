//! What a log is filtered by: read from the address of the page, written in the grammar of the API.

use super::words::{kind_label, operation_label};
use crate::format::date;
use crate::i18n::{Catalog, keys};
use crate::query::plain;
use crate::t;
use crate::ui::{query_pairs, with_query};
use berth_types::url::BERTH_API;
use berth_types::{ProjectId, Timestamp};
use chrono::NaiveDate;

/// What a log is filtered by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// A part of the name of who did it.
    pub user: String,
    /// What was done.
    pub operation: String,
    /// To what kind of thing.
    pub kind: String,
    /// A part of the name of the thing.
    pub resource: String,
    /// A part of the address from which it was done.
    pub address: String,
    /// Whether it worked.
    pub result: Option<bool>,
    /// From this day on, UTC.
    pub from: Option<NaiveDate>,
    /// Up to and with this day, UTC.
    pub to: Option<NaiveDate>,
}

impl AuditFilter {
    /// The parameters in the address that belong to the filter.
    pub const PARAMETERS: [&'static str; 9] =
        ["q", "operation", "kind", "resource", "address", "result", "from", "to", "page"];

    /// Reads the query of a page; what does not fit is as if it was not there.
    pub fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let text = |name: &str| {
            let value = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
            value.unwrap_or_default().to_owned()
        };
        AuditFilter {
            user: text("q"),
            operation: text("operation"),
            kind: text("kind"),
            resource: text("resource"),
            address: text("address"),
            result: text("result").parse().ok(),
            from: text("from").parse().ok(),
            to: text("to").parse().ok(),
        }
    }

    /// The filter in Harbor's grammar.
    pub fn q(&self) -> String {
        let mut parts = Vec::new();
        let mut push = |key: &str, mark: &str, value: &str| {
            let value = plain(value);
            if !value.is_empty() {
                parts.push(format!("{key}={mark}{value}"));
            }
        };
        push("username", "~", &self.user);
        push("operation", "", &self.operation);
        push("resource_type", "", &self.kind);
        push("resource", "~", &self.resource);
        push("client_address", "~", &self.address);
        push("operation_result", "", self.result_word());
        if self.from.is_some() || self.to.is_some() {
            let side = |day: Option<NaiveDate>, time: &str| day.map_or(String::new(), |day| format!("{day}T{time}"));
            parts.push(format!("op_time=[{}~{}]", side(self.from, "00:00:00"), side(self.to, "23:59:59")));
        }
        parts.join(",")
    }

    /// Where the entries are a file: all that match, those of one project where it is given.
    pub fn export_href(&self, format: &str, sort: &str, project: Option<ProjectId>) -> String {
        let within = project.map(|id| format!("project_id={id}"));
        let parts: Vec<String> = within.into_iter().chain([self.q()]).filter(|part| !part.is_empty()).collect();
        let pairs = [("format", format), ("q", &parts.join(",")), ("sort", sort)];
        berth_types::url::with_query(&format!("{BERTH_API}/audit-logs/export"), &pairs)
    }

    /// Whether anything is filtered out.
    pub fn is_active(&self) -> bool {
        *self != AuditFilter::default()
    }

    /// `true`, `false`, or nothing.
    pub fn result_word(&self) -> &'static str {
        match self.result {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        }
    }

    /// The first day as a date field has it.
    pub fn from_text(&self) -> String {
        self.from.map(|day| day.to_string()).unwrap_or_default()
    }

    /// The last day as a date field has it.
    pub fn to_text(&self) -> String {
        self.to.map(|day| day.to_string()).unwrap_or_default()
    }

    /// Each filter in words, with the address of the page without it.
    pub fn chips(&self, catalog: &Catalog, search: &str) -> Vec<(String, String)> {
        let named = |key, value: String| (!value.is_empty()).then(|| format!("{}: {value}", catalog.get(key)));
        let day = |key, day: Option<NaiveDate>| {
            let at = day?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_micros();
            Some(catalog.format(key, &[("date", &date(catalog, Timestamp(at)))]))
        };
        let result = self.result.map(|done| if done { t!(keys::audit::DONE) } else { t!(keys::audit::FAILED) });
        let label = |word: &str, of: fn(&str) -> String| if word.is_empty() { String::new() } else { of(word) };
        [
            ("q", named(keys::audit::WHO, self.user.clone())),
            ("operation", named(keys::audit::ACTION, label(&self.operation, operation_label))),
            ("kind", named(keys::audit::KIND, label(&self.kind, kind_label))),
            ("resource", named(keys::audit::RESOURCE, self.resource.clone())),
            ("address", named(keys::audit::ADDRESS, self.address.clone())),
            ("result", named(keys::audit::RESULT, result.unwrap_or_default())),
            ("from", day(keys::audit::SINCE, self.from)),
            ("to", day(keys::audit::UNTIL, self.to)),
        ]
        .into_iter()
        .filter_map(|(parameter, text)| Some((text?, with_query(search, &[(parameter, None), ("page", None)]))))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;
    use berth_types::query::parse_q;

    const SEARCH: &str = "?q=mei&operation=create&kind=tag&result=false&from=2026-03-01&to=2026-03-14&resource=a,b&address=192.0.2.&page=2";

    #[test]
    fn the_address_becomes_harbors_grammar() {
        let filter = AuditFilter::read(SEARCH);
        let q = filter.q();
        assert_eq!(
            q,
            "username=~mei,operation=create,resource_type=tag,resource=~a b,client_address=~192.0.2.,operation_result=false,\
             op_time=[2026-03-01T00:00:00~2026-03-14T23:59:59]"
        );
        assert_eq!(parse_q(&q).unwrap().len(), 7);
    }

    #[test]
    fn nonsense_filters_nothing() {
        let filter = AuditFilter::read("from=yesterday&result=maybe&q=%20");
        assert!(!filter.is_active());
        assert_eq!(filter.q(), "");
        let half = AuditFilter::read("from=2026-03-01");
        assert_eq!(half.q(), "op_time=[2026-03-01T00:00:00~]");
        assert!(parse_q(&half.q()).is_ok());
    }

    #[test]
    fn the_file_has_what_the_page_shows() {
        let filter = AuditFilter::read("q=mei&operation=create&page=3");
        assert_eq!(
            filter.export_href("csv", "-op_time", None),
            "/api/berth/v1/audit-logs/export?format=csv&q=username%3D~mei%2Coperation%3Dcreate&sort=-op_time"
        );
        assert_eq!(
            AuditFilter::default().export_href("jsonl", "op_time", Some(ProjectId(7))),
            "/api/berth/v1/audit-logs/export?format=jsonl&q=project_id%3D7&sort=op_time"
        );
    }

    #[test]
    fn each_chip_leads_to_the_page_without_it() {
        let chips = AuditFilter::read("q=mei&from=2026-03-01&page=2")
            .chips(&Catalog::of(Locale::En), "q=mei&from=2026-03-01&page=2");
        assert_eq!(
            chips,
            [
                ("Who: mei".to_owned(), "?from=2026-03-01".to_owned()),
                ("Since: 1 March 2026".to_owned(), "?q=mei".to_owned()),
            ]
        );
    }
}
