//! Saving the rules.

#[cfg(any(feature = "ssr", test))]
use super::draft::{Draft, Line};
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client, use_client};
#[cfg(any(feature = "ssr", test))]
use crate::form::Fault;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::Posted;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The value of an answer that holds the whole form.
pub(super) const DRAFT: &str = "draft";

/// What the form posts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RetentionForm {
    raw: Vec<String>,
    rests: Vec<String>,
    repos_not: Vec<String>,
    repos: Vec<String>,
    template: Vec<String>,
    number: Vec<String>,
    tags_not: Vec<String>,
    tags: Vec<String>,
    untagged: Vec<String>,
    every: String,
    at: String,
    weekday: String,
    cron: String,
}

impl RetentionForm {
    /// The rules as the form had them.
    #[cfg(any(feature = "ssr", test))]
    fn draft(self) -> Draft {
        let schedule =
            crate::schedule::Schedule { every: self.every, at: self.at, weekday: self.weekday, cron: self.cron };
        let columns = [
            self.raw,
            self.rests,
            self.repos_not,
            self.repos,
            self.template,
            self.number,
            self.tags_not,
            self.tags,
            self.untagged,
        ];
        Draft { lines: super::draft::lines(&columns), schedule }
    }
}

/// The largest number of a rule.
#[cfg(any(feature = "ssr", test))]
const NUMBER_MAX: i64 = 1_000_000;

/// What is wrong with which field.
#[cfg(any(feature = "ssr", test))]
fn faults(draft: &Draft) -> Vec<(String, Fault)> {
    let mut faults = Vec::new();
    for (index, line) in draft.lines.iter().enumerate().filter(|(_, line)| !Line::is_raw(line)) {
        let mut check = |field: &str, is_right: bool, fault: Fault| {
            if !is_right {
                faults.push((format!("{field}-{index}"), fault));
            }
        };
        let is_pattern = |text: &str| text.parse::<berth_types::glob::Glob>().is_ok();
        check("repos", is_pattern(&line.repos), Fault::Pattern);
        let number = line.number.parse::<i64>().ok().filter(|number| (0..=NUMBER_MAX).contains(number));
        check("number", number.is_some() || !line.has_number(), Fault::NumberRange(0, NUMBER_MAX));
        check("tags", is_pattern(&line.tags), Fault::Pattern);
    }
    faults
}

/// Saves the rules of a project.
#[server(prefix = "/_portal", endpoint = "save-retention")]
pub(crate) async fn post_save_retention(project: String, #[server(flatten)] form: RetentionForm) -> Posted {
    let client = use_client();
    let posted = save(&client, &project, form.draft()).await;
    let page = format!("/projects/{project}/-/retention");
    crate::form::conclude(posted, &Notice::RetentionSaved.on(&page, &project))
}

#[cfg(feature = "ssr")]
async fn save(client: &Client, project: &str, draft: Draft) -> Posted {
    let mut answer = FormError::keeping(&[(DRAFT, &draft.query())]);
    let Ok(name) = project.parse() else { return Err(answer.refused(ApiError::not_found())) };
    for (field, fault) in faults(&draft) {
        answer.check(&field, Some(fault));
    }
    answer.pass()?;
    let saved = async {
        let project = client.project(&name).await?;
        let policy = draft.policy(project.project_id.0);
        match project.metadata.get("retention_id").and_then(|id| id.parse().ok()) {
            Some(id) => client.update_retention(id, &policy).await,
            None => client.create_retention(&policy).await,
        }
    };
    saved.await.map_err(|refusal| answer.refused(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_posts_what_the_address_holds() {
        let one = |value: &str| vec![value.to_owned()];
        let form = RetentionForm {
            raw: one(""),
            rests: one("0"),
            repos_not: one("0"),
            repos: one("**"),
            template: one("latestPushedK"),
            number: one("10"),
            tags_not: one("0"),
            tags: one("**"),
            untagged: one("1"),
            every: "day".to_owned(),
            at: "02:00".to_owned(),
            weekday: "0".to_owned(),
            cron: String::new(),
        };
        let draft = form.draft();
        assert_eq!(draft.lines, [Line::default()]);
        assert_eq!(draft.schedule.cron(), "0 0 2 * * *");
        assert!(faults(&draft).is_empty());
    }

    #[test]
    fn faults_name_the_field_of_their_rule() {
        let wrong = |line: Line| faults(&Draft { lines: vec![Line::default(), line], ..Draft::default() });
        let field = |line: Line| wrong(line).into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(field(Line { repos: "{a".to_owned(), ..Line::default() }), ["repos-1"]);
        assert_eq!(
            field(Line { tags: "[".to_owned(), number: "x".to_owned(), ..Line::default() }),
            ["number-1", "tags-1"]
        );
        assert_eq!(field(Line { number: "-1".to_owned(), ..Line::default() }), ["number-1"]);
        let always = Line { template: "always".to_owned(), number: String::new(), ..Line::default() };
        assert!(field(always).is_empty());
        assert!(field(Line { raw: "{}".to_owned(), tags: "[".to_owned(), ..Line::default() }).is_empty());
    }
}
