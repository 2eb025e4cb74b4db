//! Saving the rules.

#[cfg(any(feature = "ssr", test))]
use super::draft::Draft;
#[cfg(feature = "ssr")]
use super::faults::faults;
#[cfg(feature = "ssr")]
use crate::client::{ApiError, Client, use_client};
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
    use super::super::draft::Line;
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
    }
}
