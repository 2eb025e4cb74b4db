//! The fields of a list: one id a line, and until when.

#[cfg(any(feature = "ssr", test))]
use crate::form::{Fault, FormError};
use crate::form::{FormAction, FormErrors, PostForm, answer_of, fault_of, value_of};
use crate::format::use_now;
use crate::i18n::keys;
use crate::ui::{Button, Callout, Card, CardBody, Look, TextArea, TextField, Tone};
use crate::{t, tn};
use berth_types::Timestamp;
use berth_types::api::CveAllowlist;
#[cfg(any(feature = "ssr", test))]
use berth_types::api::{CveAllowlistReq, CveItem};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
#[cfg(any(feature = "ssr", test))]
use std::collections::BTreeSet;

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ListForm {
    /// Ids, separated by lines, blanks or commas.
    ids: String,
    /// A day as browsers write it; empty for never.
    expires: String,
}

#[cfg(any(feature = "ssr", test))]
impl ListForm {
    /// An answer that remembers what was filled in.
    pub fn answer(&self) -> FormError {
        FormError::keeping(&[("ids", &self.ids), ("expires", &self.expires)])
    }

    /// Reads the list. An id that comes twice counts once.
    ///
    /// # Errors
    /// For an end that is no day.
    pub fn read(&self) -> Result<CveAllowlistReq, FormError> {
        let expires_at = match self.expires.trim() {
            "" => None,
            day => Some(end_of(day).ok_or_else(|| self.answer().with("expires", Fault::Day))?),
        };
        let mut seen = BTreeSet::new();
        let ids = self.ids.split([',', ' ', '\n', '\r', '\t']).filter(|id| !id.is_empty() && seen.insert(*id));
        let items = ids.map(|id| CveItem { cve_id: id.to_owned() }).collect();
        Ok(CveAllowlistReq { items, expires_at })
    }
}

/// The last second of a day, in Unix seconds.
#[cfg(any(feature = "ssr", test))]
fn end_of(day: &str) -> Option<i64> {
    Timestamp::parse_rfc3339(&format!("{day}T23:59:59Z")).map(Timestamp::unix_seconds)
}

/// The day of a moment, as browsers write it.
fn day_of(seconds: i64) -> String {
    Timestamp::from_unix_seconds(seconds).to_rfc3339().chars().take(10).collect()
}

/// The fields, and how many ids there are.
#[component]
pub(crate) fn AllowlistFields(
    /// The list as it is.
    list: CveAllowlist,
    /// Where it is posted to.
    action: FormAction,
    /// Fields before the list.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let answer = answer_of(action);
    let ids: Vec<String> = list.items.unwrap_or_default().into_iter().map(|item| item.cve_id).collect();
    let count = ids.len() as u64;
    let now = use_now().get_untracked().unix_seconds();
    let over = list.expires_at.is_some_and(|end| end < now);
    let over = over.then(|| view! { <Callout tone=Tone::Warn title=t!(keys::allowlist::OVER) /> });
    let expires = list.expires_at.map(day_of).unwrap_or_default();
    view! {
        <Card title=tn!(keys::allowlist::COUNT, count)>
            <CardBody>
                <PostForm action=action attr:class="form" attr:novalidate="">
                    <FormErrors answer=answer />
                    {over}
                    {children.map(|children| children())}
                    <TextArea
                        label=t!(keys::allowlist::IDS)
                        name="ids"
                        value=value_of(answer, "ids", &ids.join("\n"))
                        hint=t!(keys::allowlist::IDS_HINT)
                        error=fault_of(answer, "ids")
                        optional=true
                        rows=10
                    />
                    <TextField
                        label=t!(keys::allowlist::EXPIRES)
                        name="expires"
                        kind="date"
                        value=value_of(answer, "expires", &expires)
                        hint=t!(keys::allowlist::EXPIRES_HINT)
                        error=fault_of(answer, "expires")
                        optional=true
                    />
                    <div class="row">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {t!(keys::common::SAVE)}
                        </Button>
                    </div>
                </PostForm>
            </CardBody>
        </Card>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_one_a_line_or_otherwise() {
        let form =
            ListForm { ids: "CVE-2020-0001\r\nCVE-2020-0002, GHSA-1 CVE-2020-0001".into(), ..ListForm::default() };
        let ids: Vec<String> = form.read().unwrap().items.into_iter().map(|item| item.cve_id).collect();
        assert_eq!(ids, ["CVE-2020-0001", "CVE-2020-0002", "GHSA-1"]);
        assert_eq!(form.read().unwrap().expires_at, None);
    }

    #[test]
    fn a_list_ends_with_its_day() {
        let form = ListForm { expires: "2026-03-14".into(), ..ListForm::default() };
        let end = form.read().unwrap().expires_at.unwrap();
        assert_eq!(Timestamp::from_unix_seconds(end).to_rfc3339(), "2026-03-14T23:59:59.000Z");
        assert_eq!(day_of(end), "2026-03-14");
        let wrong = ListForm { expires: "soon".into(), ..ListForm::default() };
        assert_eq!(wrong.read().unwrap_err().faults, [("expires".to_owned(), Fault::Day)]);
    }
}
