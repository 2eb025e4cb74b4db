//! What the addresses below a project name. `/-/` ends the name of a project or a repository, since no name can hold it.

use berth_types::{MemberId, ProjectName, Reference, RepoName, RobotId, TagName};

/// A page of a project or of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PagePath {
    /// `/projects/{project}[/-/…]`
    Project(ProjectName, ProjectPart),
    /// `/projects/{project}/{repository…}[/-/…]`
    Repository(RepoName, RepositoryPart),
}

/// A page of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectPart {
    /// Its repositories, the front page.
    Repositories,
    /// Who belongs to it.
    Members,
    /// The form to add a member.
    NewMember,
    /// The question whether to remove a member.
    RemoveMember(MemberId),
    /// Its robots.
    Robots,
    /// The form to make a robot.
    NewRobot,
    /// The form to change a robot.
    EditRobot(RobotId),
    /// Another secret for a robot.
    RobotSecret(RobotId),
    /// The question whether to delete a robot.
    DeleteRobot(RobotId),
    /// Its labels.
    Labels,
    /// The form to make a label.
    NewLabel,
    /// The form to change a label.
    EditLabel(i64),
    /// The question whether to delete a label.
    DeleteLabel(i64),
    /// What happened in it.
    Audit,
    /// Its settings.
    Settings,
    /// The question whether to delete it.
    Delete,
}

/// A page of a repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepositoryPart {
    /// Its tags, the front page.
    Tags,
    /// The form to change its description.
    Description,
    /// The question whether to delete it.
    Delete,
    /// The moves of a tag.
    TagHistory(TagName),
    /// The question whether to delete a tag.
    DeleteTag(TagName),
    /// An artifact.
    Artifact(Reference),
    /// The layers of an artifact.
    Layers(Reference),
    /// The labels on an artifact.
    Labels(Reference),
    /// The form to add a tag to an artifact.
    NewTag(Reference),
    /// The question whether to delete an artifact.
    DeleteArtifact(Reference),
}

/// What is before every name.
const BASE: &str = "/projects/";

impl PagePath {
    /// Reads the path of a page as the browser has it; nothing for a path that names no page.
    pub fn parse(path: &str) -> Option<Self> {
        let path = percent_encoding::percent_decode_str(path.strip_prefix(BASE)?).decode_utf8().ok()?;
        let path = path.strip_suffix('/').unwrap_or(&path);
        let (name, part) = match path.split_once("/-/") {
            Some((name, part)) => (name, Some(part)),
            None => (path, None),
        };
        let segments: Vec<&str> = part.map(|part| part.split('/').collect()).unwrap_or_default();
        if name.contains('/') {
            Some(PagePath::Repository(name.parse().ok()?, RepositoryPart::parse(&segments)?))
        } else {
            Some(PagePath::Project(name.parse().ok()?, ProjectPart::parse(&segments)?))
        }
    }

    /// The project that the page belongs to.
    pub fn project(&self) -> ProjectName {
        match self {
            PagePath::Project(project, _) => project.clone(),
            PagePath::Repository(repo, _) => repo.project(),
        }
    }

    /// The address of the page.
    pub fn href(&self) -> String {
        let (name, part) = match self {
            PagePath::Project(project, part) => (project.as_str(), part.suffix()),
            PagePath::Repository(repo, part) => (repo.as_str(), part.suffix()),
        };
        if part.is_empty() { format!("{BASE}{name}") } else { format!("{BASE}{name}/-/{part}") }
    }
}

impl ProjectPart {
    fn parse(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            [] => ProjectPart::Repositories,
            ["members"] => ProjectPart::Members,
            ["members", "new"] => ProjectPart::NewMember,
            ["members", id, "remove"] => ProjectPart::RemoveMember(id.parse().ok()?),
            ["robots"] => ProjectPart::Robots,
            ["robots", "new"] => ProjectPart::NewRobot,
            ["robots", id] => ProjectPart::EditRobot(id.parse().ok()?),
            ["robots", id, "secret"] => ProjectPart::RobotSecret(id.parse().ok()?),
            ["robots", id, "delete"] => ProjectPart::DeleteRobot(id.parse().ok()?),
            ["labels"] => ProjectPart::Labels,
            ["labels", "new"] => ProjectPart::NewLabel,
            ["labels", id, "edit"] => ProjectPart::EditLabel(id.parse().ok()?),
            ["labels", id, "delete"] => ProjectPart::DeleteLabel(id.parse().ok()?),
            ["audit"] => ProjectPart::Audit,
            ["settings"] => ProjectPart::Settings,
            ["delete"] => ProjectPart::Delete,
            _ => return None,
        })
    }

    fn suffix(&self) -> String {
        match self {
            ProjectPart::Repositories => String::new(),
            ProjectPart::Members => "members".to_owned(),
            ProjectPart::NewMember => "members/new".to_owned(),
            ProjectPart::RemoveMember(id) => format!("members/{id}/remove"),
            ProjectPart::Robots => "robots".to_owned(),
            ProjectPart::NewRobot => "robots/new".to_owned(),
            ProjectPart::EditRobot(id) => format!("robots/{id}"),
            ProjectPart::RobotSecret(id) => format!("robots/{id}/secret"),
            ProjectPart::DeleteRobot(id) => format!("robots/{id}/delete"),
            ProjectPart::Labels => "labels".to_owned(),
            ProjectPart::NewLabel => "labels/new".to_owned(),
            ProjectPart::EditLabel(id) => format!("labels/{id}/edit"),
            ProjectPart::DeleteLabel(id) => format!("labels/{id}/delete"),
            ProjectPart::Audit => "audit".to_owned(),
            ProjectPart::Settings => "settings".to_owned(),
            ProjectPart::Delete => "delete".to_owned(),
        }
    }

    /// The address of this page of a project.
    pub fn of(self, project: &ProjectName) -> String {
        PagePath::Project(project.clone(), self).href()
    }
}

impl RepositoryPart {
    fn parse(segments: &[&str]) -> Option<Self> {
        Some(match segments {
            [] => RepositoryPart::Tags,
            ["description"] => RepositoryPart::Description,
            ["delete"] => RepositoryPart::Delete,
            ["tags", tag, "history"] => RepositoryPart::TagHistory(tag.parse().ok()?),
            ["tags", tag, "delete"] => RepositoryPart::DeleteTag(tag.parse().ok()?),
            ["artifacts", reference] => RepositoryPart::Artifact(reference.parse().ok()?),
            ["artifacts", reference, "layers"] => RepositoryPart::Layers(reference.parse().ok()?),
            ["artifacts", reference, "labels"] => RepositoryPart::Labels(reference.parse().ok()?),
            ["artifacts", reference, "tag"] => RepositoryPart::NewTag(reference.parse().ok()?),
            ["artifacts", reference, "delete"] => RepositoryPart::DeleteArtifact(reference.parse().ok()?),
            _ => return None,
        })
    }

    fn suffix(&self) -> String {
        match self {
            RepositoryPart::Tags => String::new(),
            RepositoryPart::Description => "description".to_owned(),
            RepositoryPart::Delete => "delete".to_owned(),
            RepositoryPart::TagHistory(tag) => format!("tags/{tag}/history"),
            RepositoryPart::DeleteTag(tag) => format!("tags/{tag}/delete"),
            RepositoryPart::Artifact(reference) => format!("artifacts/{reference}"),
            RepositoryPart::Layers(reference) => format!("artifacts/{reference}/layers"),
            RepositoryPart::Labels(reference) => format!("artifacts/{reference}/labels"),
            RepositoryPart::NewTag(reference) => format!("artifacts/{reference}/tag"),
            RepositoryPart::DeleteArtifact(reference) => format!("artifacts/{reference}/delete"),
        }
    }

    /// The address of this page of a repository.
    pub fn of(self, repo: &RepoName) -> String {
        PagePath::Repository(repo.clone(), self).href()
    }
}

/// The address of an artifact by what the API calls it: a tag or a digest.
pub fn artifact_href(repo: &RepoName, reference: &str) -> String {
    format!("{BASE}{repo}/-/artifacts/{reference}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";

    #[test]
    fn every_address_is_read_back() {
        let addresses = [
            "/projects/p",
            "/projects/p/-/members",
            "/projects/p/-/members/new",
            "/projects/p/-/members/7/remove",
            "/projects/p/-/robots",
            "/projects/p/-/robots/new",
            "/projects/p/-/robots/7",
            "/projects/p/-/robots/7/secret",
            "/projects/p/-/robots/7/delete",
            "/projects/p/-/labels",
            "/projects/p/-/labels/new",
            "/projects/p/-/labels/7/edit",
            "/projects/p/-/labels/7/delete",
            "/projects/p/-/audit",
            "/projects/p/-/settings",
            "/projects/p/-/delete",
            "/projects/p/a/b/c",
            "/projects/p/a/-/description",
            "/projects/p/a/-/delete",
            "/projects/p/a/b/-/tags/v1.2_x/history",
            "/projects/p/a/b/-/tags/v1/delete",
            "/projects/p/a/-/artifacts/v1",
            "/projects/p/a/-/artifacts/v1/layers",
            "/projects/p/a/-/artifacts/v1/labels",
            "/projects/p/a/-/artifacts/v1/tag",
            "/projects/p/a/-/artifacts/v1/delete",
        ];
        for address in addresses {
            assert_eq!(PagePath::parse(address).map(|page| page.href()).as_deref(), Some(address));
        }
        let by_digest = format!("/projects/p/a/-/artifacts/{DIGEST}");
        assert_eq!(PagePath::parse(&by_digest).unwrap().href(), by_digest);
        assert_eq!(PagePath::parse(&by_digest.replace(':', "%3A")).unwrap().href(), by_digest);
    }

    #[test]
    fn names_may_look_like_parts() {
        let page = PagePath::parse("/projects/members/settings/audit/").unwrap();
        assert_eq!(page, PagePath::Repository("members/settings/audit".parse().unwrap(), RepositoryPart::Tags));
        assert_eq!(page.project().as_str(), "members");
    }

    #[test]
    fn what_names_nothing_is_no_page() {
        for bad in [
            "/projects",
            "/projects/",
            "/projects/-/new",
            "/projects/P",
            "/projects/p/-",
            "/projects/p/-/robots/x",
            "/projects/p//a",
            "/projects/p/A",
            "/projects/p/a/-/artifacts",
            "/projects/p/a/-/artifacts/sha256:zz",
            "/projects/p/a/-/artifacts/-x",
            "/projects/p/a/-/tags/v1",
            "/projects/p/-/members/x/remove",
            "/projects/%ff",
            "/elsewhere/p",
        ] {
            assert_eq!(PagePath::parse(bad), None, "{bad}");
        }
    }
}
