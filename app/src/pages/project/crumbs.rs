//! Where the pages of a project stand, and what they are called.

use super::path::{PagePath, ProjectPart, RepositoryPart};
use crate::format::digest_short;
use crate::i18n::{Catalog, Key, keys};
use crate::ui::Crumb;
use berth_types::Reference;

/// The way from the top to a page.
pub fn crumbs(page: &PagePath, catalog: &Catalog) -> Vec<Crumb> {
    let text = |key: Key| catalog.get(key).to_owned();
    let mut crumbs = vec![Crumb::link(text(keys::projects::TITLE), "/projects")];
    let project = page.project();
    let front = ProjectPart::Repositories.of(&project);
    match page {
        PagePath::Project(_, part) => {
            let Some(key) = project_key(part) else {
                crumbs.push(Crumb::here(project.as_str()));
                return crumbs;
            };
            crumbs.push(Crumb::link(project.as_str(), front));
            if matches!(
                part,
                ProjectPart::NewMember
                    | ProjectPart::NewGroupMember
                    | ProjectPart::ExplainMember
                    | ProjectPart::RemoveMember(_)
            ) {
                crumbs.push(Crumb::link(text(keys::members::TITLE), ProjectPart::Members.of(&project)));
            }
            if matches!(part, ProjectPart::NewLabel | ProjectPart::EditLabel(_) | ProjectPart::DeleteLabel(_)) {
                crumbs.push(Crumb::link(text(keys::labels::TITLE), ProjectPart::Labels.of(&project)));
            }
            if matches!(
                part,
                ProjectPart::NewRobot
                    | ProjectPart::EditRobot(_)
                    | ProjectPart::RobotSecret(_)
                    | ProjectPart::DeleteRobot(_)
            ) {
                crumbs.push(Crumb::link(text(keys::robots::TITLE), ProjectPart::Robots.of(&project)));
            }
            if matches!(part, ProjectPart::DeleteRetention) {
                crumbs.push(Crumb::link(text(keys::retention::TITLE), ProjectPart::Retention.of(&project)));
            }
            if matches!(
                part,
                ProjectPart::NewImmutable | ProjectPart::EditImmutable(_) | ProjectPart::DeleteImmutable(_)
            ) {
                crumbs.push(Crumb::link(text(keys::immutability::TITLE), ProjectPart::Immutability.of(&project)));
            }
            if matches!(part, ProjectPart::NewWebhook | ProjectPart::EditWebhook(_) | ProjectPart::DeleteWebhook(_)) {
                crumbs.push(Crumb::link(text(keys::webhooks::TITLE), ProjectPart::Webhooks.of(&project)));
            }
            if matches!(part, ProjectPart::NewPreheat | ProjectPart::EditPreheat(_) | ProjectPart::DeletePreheat(_)) {
                crumbs.push(Crumb::link(text(keys::preheat::POLICIES), ProjectPart::Preheat.of(&project)));
            }
            if matches!(part, ProjectPart::Allowlist) {
                crumbs.push(Crumb::link(text(keys::scanners::PROJECT_TITLE), ProjectPart::Scanner.of(&project)));
            }
            if matches!(part, ProjectPart::Delete | ProjectPart::Visibility) {
                crumbs.push(Crumb::link(text(keys::project_settings::TITLE), ProjectPart::Settings.of(&project)));
            }
            crumbs.push(Crumb::here(text(key)));
        }
        PagePath::Repository(repo, part) => {
            crumbs.push(Crumb::link(project.as_str(), front));
            let name = repo.within_project();
            let Some(last) = repository_crumb(part, catalog) else {
                crumbs.push(Crumb::here(name));
                return crumbs;
            };
            crumbs.push(Crumb::link(name, RepositoryPart::Tags.of(repo)));
            if let RepositoryPart::NewTag(reference)
            | RepositoryPart::Labels(reference)
            | RepositoryPart::DeleteArtifact(reference) = part
            {
                let href = RepositoryPart::Artifact(reference.clone()).of(repo);
                crumbs.push(Crumb::link(reference_text(reference), href));
            }
            crumbs.push(Crumb::here(last));
        }
    }
    crumbs
}

/// What a page is called in the browser's tab.
pub fn title(page: &PagePath, catalog: &Catalog) -> String {
    match page {
        PagePath::Project(project, part) => match project_key(part) {
            Some(key) => format!("{} · {project}", catalog.get(key)),
            None => project.to_string(),
        },
        PagePath::Repository(repo, part) => match part {
            RepositoryPart::Artifact(reference)
            | RepositoryPart::Layers(reference)
            | RepositoryPart::Inside(reference, _) => match reference {
                Reference::Tag(tag) => format!("{repo}:{tag}"),
                Reference::Digest(_) => format!("{repo}@{}", reference_text(reference)),
            },
            other => match repository_crumb(other, catalog) {
                Some(last) => format!("{last} · {repo}"),
                None => repo.to_string(),
            },
        },
    }
}

/// A tag, or the beginning of a digest.
pub fn reference_text(reference: &Reference) -> String {
    let text = reference.to_string();
    match reference {
        Reference::Tag(_) => text,
        Reference::Digest(_) => digest_short(&text).to_owned(),
    }
}

fn project_key(part: &ProjectPart) -> Option<Key> {
    Some(match part {
        ProjectPart::Repositories => return None,
        ProjectPart::SetUp => keys::newcomer::TITLE,
        ProjectPart::Members => keys::members::TITLE,
        ProjectPart::ExplainMember => keys::newcomer::explain::TITLE,
        ProjectPart::NewGroupMember => keys::newcomer::group::TITLE,
        ProjectPart::NewMember => keys::members::ADD_TITLE,
        ProjectPart::RemoveMember(_) => keys::members::REMOVE_SUBMIT,
        ProjectPart::Robots => keys::robots::TITLE,
        ProjectPart::NewRobot => keys::robots::NEW,
        ProjectPart::EditRobot(_) => keys::robots::menu::EDIT,
        ProjectPart::RobotSecret(_) => keys::robots::secret::SECRET,
        ProjectPart::DeleteRobot(_) => keys::robots::DELETE_SUBMIT,
        ProjectPart::Labels => keys::labels::TITLE,
        ProjectPart::NewLabel => keys::labels::NEW_TITLE,
        ProjectPart::EditLabel(_) => keys::labels::EDIT_SHORT,
        ProjectPart::DeleteLabel(_) => keys::labels::DELETE_SUBMIT,
        ProjectPart::Retention => keys::retention::TITLE,
        ProjectPart::DeleteRetention => keys::retention::DELETE_SUBMIT,
        ProjectPart::Immutability => keys::immutability::TITLE,
        ProjectPart::NewImmutable => keys::immutability::NEW,
        ProjectPart::EditImmutable(_) => keys::common::EDIT,
        ProjectPart::DeleteImmutable(_) => keys::immutability::DELETE_SUBMIT,
        ProjectPart::Webhooks => keys::webhooks::TITLE,
        ProjectPart::NewWebhook => keys::webhooks::NEW,
        ProjectPart::EditWebhook(_) => keys::common::EDIT,
        ProjectPart::DeleteWebhook(_) => keys::webhooks::DELETE_SUBMIT,
        ProjectPart::Scanner => keys::scanners::PROJECT_TITLE,
        ProjectPart::Allowlist => keys::allowlist::TITLE,
        ProjectPart::Preheat => keys::preheat::POLICIES,
        ProjectPart::NewPreheat => keys::preheat::NEW_POLICY,
        ProjectPart::EditPreheat(_) => keys::preheat::EDIT_POLICY,
        ProjectPart::DeletePreheat(_) => keys::preheat::DELETE_POLICY_SUBMIT,
        ProjectPart::Audit => keys::audit::TITLE,
        ProjectPart::Settings => keys::project_settings::TITLE,
        ProjectPart::Storage => keys::usage::TITLE,
        ProjectPart::Bulk => keys::bulk::PAGE,
        ProjectPart::Visibility => keys::project_settings::ACCESS,
        ProjectPart::Delete => keys::project_settings::DELETE_SUBMIT,
    })
}

fn repository_crumb(part: &RepositoryPart, catalog: &Catalog) -> Option<String> {
    let key = match part {
        RepositoryPart::Tags => return None,
        RepositoryPart::Artifact(reference)
        | RepositoryPart::Layers(reference)
        | RepositoryPart::Inside(reference, _) => {
            return Some(reference_text(reference));
        }
        RepositoryPart::Description => keys::repository::INFO_LABEL,
        RepositoryPart::Delete => keys::repositories::DELETE_SUBMIT,
        RepositoryPart::Bulk => keys::bulk::PAGE,
        RepositoryPart::TagHistory(_) => keys::repository::TAB_HISTORY,
        RepositoryPart::DeleteTag(_) => keys::repository::DELETE_TAG_SUBMIT,
        RepositoryPart::Labels(_) => keys::labels::TITLE,
        RepositoryPart::NewTag(_) => keys::repository::ADD_TAG_SUBMIT,
        RepositoryPart::DeleteArtifact(_) => keys::repository::DELETE_ARTIFACT_SUBMIT,
    };
    Some(catalog.get(key).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    fn trail(address: &str) -> (String, String) {
        let (page, catalog) = (PagePath::parse(address).unwrap(), Catalog::of(Locale::En));
        let texts: Vec<String> = crumbs(&page, &catalog).into_iter().map(|crumb| crumb.text).collect();
        (texts.join(" / "), title(&page, &catalog))
    }

    #[test]
    fn pages_say_where_they_stand() {
        assert_eq!(trail("/projects/p"), ("Projects / p".into(), "p".into()));
        assert_eq!(trail("/projects/p/-/members"), ("Projects / p / Members".into(), "Members · p".into()));
        assert_eq!(trail("/projects/p/-/delete").0, "Projects / p / Settings / Delete project");
        assert_eq!(trail("/projects/p/a/b"), ("Projects / p / a/b".into(), "p/a/b".into()));
        assert_eq!(trail("/projects/p/a/-/artifacts/v1/layers"), ("Projects / p / a / v1".into(), "p/a:v1".into()));
        assert_eq!(trail("/projects/p/a/-/artifacts/v1/delete").0, "Projects / p / a / v1 / Delete artifact");
        assert_eq!(trail("/projects/p/a/-/tags/v1/history").1, "Tag history · p/a");
    }
}
