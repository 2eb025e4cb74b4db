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
    /// How to push to it and pull from it, client by client.
    SetUp,
    /// Who belongs to it.
    Members,
    /// Why somebody may do something.
    ExplainMember,
    /// The form to add a group.
    NewGroupMember,
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
    /// What it keeps.
    Retention,
    /// The question whether to delete the rules of what it keeps.
    DeleteRetention,
    /// Its tags that stay as they are.
    Immutability,
    /// The form to make a rule of such tags.
    NewImmutable,
    /// The form to change a rule of such tags.
    EditImmutable(i64),
    /// The question whether to delete a rule of such tags.
    DeleteImmutable(i64),
    /// What it tells other systems.
    Webhooks,
    /// The form to make a webhook.
    NewWebhook,
    /// A webhook.
    EditWebhook(i64),
    /// The question whether to delete a webhook.
    DeleteWebhook(i64),
    /// Its scanner.
    Scanner,
    /// The vulnerabilities that its policies overlook.
    Allowlist,
    /// What is brought into P2P networks.
    Preheat,
    /// The form to make a policy of that.
    NewPreheat,
    /// The form to change a policy of that.
    EditPreheat(String),
    /// The question whether to delete a policy of that.
    DeletePreheat(String),
    /// What happened in it.
    Audit,
    /// What its repositories store.
    Storage,
    /// The question about several of its repositories or robots.
    Bulk,
    /// Its settings.
    Settings,
    /// The question whether everybody may see it, or nobody but its members.
    Visibility,
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
    /// Another part of the pages of an artifact.
    Inside(Reference, ArtifactPart),
    /// The labels on an artifact.
    Labels(Reference),
    /// The form to add a tag to an artifact.
    NewTag(Reference),
    /// The question whether to delete an artifact.
    DeleteArtifact(Reference),
    /// The question about several of its tags or artifacts.
    Bulk,
}

/// A part of the pages of an artifact, beside the overview and the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtifactPart {
    /// What it says about itself.
    Documents,
    /// What scanners found.
    Vulnerabilities,
    /// What refers to it.
    Referrers,
    /// Statements about it.
    Attestations,
    /// What it is made of.
    Sbom,
    /// Its exact bytes.
    Manifest,
}

impl ArtifactPart {
    const ALL: [ArtifactPart; 6] = [
        ArtifactPart::Documents,
        ArtifactPart::Vulnerabilities,
        ArtifactPart::Referrers,
        ArtifactPart::Attestations,
        ArtifactPart::Sbom,
        ArtifactPart::Manifest,
    ];

    const fn word(self) -> &'static str {
        match self {
            ArtifactPart::Documents => "documents",
            ArtifactPart::Vulnerabilities => "vulnerabilities",
            ArtifactPart::Referrers => "referrers",
            ArtifactPart::Attestations => "attestations",
            ArtifactPart::Sbom => "sbom",
            ArtifactPart::Manifest => "manifest",
        }
    }
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
            ["set-up"] => ProjectPart::SetUp,
            ["members"] => ProjectPart::Members,
            ["members", "explain"] => ProjectPart::ExplainMember,
            ["members", "new-group"] => ProjectPart::NewGroupMember,
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
            ["retention"] => ProjectPart::Retention,
            ["retention", "delete"] => ProjectPart::DeleteRetention,
            ["immutability"] => ProjectPart::Immutability,
            ["immutability", "new"] => ProjectPart::NewImmutable,
            ["immutability", id] => ProjectPart::EditImmutable(id.parse().ok()?),
            ["immutability", id, "delete"] => ProjectPart::DeleteImmutable(id.parse().ok()?),
            ["webhooks"] => ProjectPart::Webhooks,
            ["webhooks", "new"] => ProjectPart::NewWebhook,
            ["webhooks", id] => ProjectPart::EditWebhook(id.parse().ok()?),
            ["webhooks", id, "delete"] => ProjectPart::DeleteWebhook(id.parse().ok()?),
            ["scanner"] => ProjectPart::Scanner,
            ["allowlist"] => ProjectPart::Allowlist,
            ["preheat"] => ProjectPart::Preheat,
            ["preheat", "new"] => ProjectPart::NewPreheat,
            // A policy may be called like a page.
            ["preheat", "policies", name] => ProjectPart::EditPreheat((*name).to_owned()),
            ["preheat", "policies", name, "delete"] => ProjectPart::DeletePreheat((*name).to_owned()),
            ["audit"] => ProjectPart::Audit,
            ["settings"] => ProjectPart::Settings,
            ["settings", "visibility"] => ProjectPart::Visibility,
            ["storage"] => ProjectPart::Storage,
            ["bulk"] => ProjectPart::Bulk,
            ["delete"] => ProjectPart::Delete,
            _ => return None,
        })
    }

    fn suffix(&self) -> String {
        match self {
            ProjectPart::Repositories => String::new(),
            ProjectPart::SetUp => "set-up".to_owned(),
            ProjectPart::Members => "members".to_owned(),
            ProjectPart::ExplainMember => "members/explain".to_owned(),
            ProjectPart::NewGroupMember => "members/new-group".to_owned(),
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
            ProjectPart::Retention => "retention".to_owned(),
            ProjectPart::DeleteRetention => "retention/delete".to_owned(),
            ProjectPart::Immutability => "immutability".to_owned(),
            ProjectPart::NewImmutable => "immutability/new".to_owned(),
            ProjectPart::EditImmutable(id) => format!("immutability/{id}"),
            ProjectPart::DeleteImmutable(id) => format!("immutability/{id}/delete"),
            ProjectPart::Webhooks => "webhooks".to_owned(),
            ProjectPart::NewWebhook => "webhooks/new".to_owned(),
            ProjectPart::EditWebhook(id) => format!("webhooks/{id}"),
            ProjectPart::DeleteWebhook(id) => format!("webhooks/{id}/delete"),
            ProjectPart::Scanner => "scanner".to_owned(),
            ProjectPart::Allowlist => "allowlist".to_owned(),
            ProjectPart::Preheat => "preheat".to_owned(),
            ProjectPart::NewPreheat => "preheat/new".to_owned(),
            ProjectPart::EditPreheat(name) => format!("preheat/policies/{name}"),
            ProjectPart::DeletePreheat(name) => format!("preheat/policies/{name}/delete"),
            ProjectPart::Audit => "audit".to_owned(),
            ProjectPart::Settings => "settings".to_owned(),
            ProjectPart::Visibility => "settings/visibility".to_owned(),
            ProjectPart::Storage => "storage".to_owned(),
            ProjectPart::Bulk => "bulk".to_owned(),
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
            ["bulk"] => RepositoryPart::Bulk,
            ["tags", tag, "history"] => RepositoryPart::TagHistory(tag.parse().ok()?),
            ["tags", tag, "delete"] => RepositoryPart::DeleteTag(tag.parse().ok()?),
            ["artifacts", reference] => RepositoryPart::Artifact(reference.parse().ok()?),
            ["artifacts", reference, "layers"] => RepositoryPart::Layers(reference.parse().ok()?),
            ["artifacts", reference, "labels"] => RepositoryPart::Labels(reference.parse().ok()?),
            ["artifacts", reference, "tag"] => RepositoryPart::NewTag(reference.parse().ok()?),
            ["artifacts", reference, "delete"] => RepositoryPart::DeleteArtifact(reference.parse().ok()?),
            ["artifacts", reference, word] => {
                let part = ArtifactPart::ALL.into_iter().find(|part| part.word() == *word)?;
                RepositoryPart::Inside(reference.parse().ok()?, part)
            }
            _ => return None,
        })
    }

    fn suffix(&self) -> String {
        match self {
            RepositoryPart::Tags => String::new(),
            RepositoryPart::Description => "description".to_owned(),
            RepositoryPart::Delete => "delete".to_owned(),
            RepositoryPart::Bulk => "bulk".to_owned(),
            RepositoryPart::TagHistory(tag) => format!("tags/{tag}/history"),
            RepositoryPart::DeleteTag(tag) => format!("tags/{tag}/delete"),
            RepositoryPart::Artifact(reference) => format!("artifacts/{reference}"),
            RepositoryPart::Layers(reference) => format!("artifacts/{reference}/layers"),
            RepositoryPart::Inside(reference, part) => format!("artifacts/{reference}/{}", part.word()),
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
            "/projects/p/-/set-up",
            "/projects/p/-/members/new",
            "/projects/p/-/members/new-group",
            "/projects/p/-/members/explain",
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
            "/projects/p/-/retention",
            "/projects/p/-/retention/delete",
            "/projects/p/-/immutability",
            "/projects/p/-/immutability/new",
            "/projects/p/-/immutability/7",
            "/projects/p/-/immutability/7/delete",
            "/projects/p/-/webhooks",
            "/projects/p/-/webhooks/new",
            "/projects/p/-/webhooks/7",
            "/projects/p/-/webhooks/7/delete",
            "/projects/p/-/scanner",
            "/projects/p/-/allowlist",
            "/projects/p/-/preheat",
            "/projects/p/-/preheat/new",
            "/projects/p/-/preheat/policies/new",
            "/projects/p/-/preheat/policies/new/delete",
            "/projects/p/-/audit",
            "/projects/p/-/storage",
            "/projects/p/-/bulk",
            "/projects/p/a/b/-/bulk",
            "/projects/p/-/settings",
            "/projects/p/-/delete",
            "/projects/p/a/b/c",
            "/projects/p/a/-/description",
            "/projects/p/a/-/delete",
            "/projects/p/a/b/-/tags/v1.2_x/history",
            "/projects/p/a/b/-/tags/v1/delete",
            "/projects/p/a/-/artifacts/v1",
            "/projects/p/a/-/artifacts/v1/layers",
            "/projects/p/a/-/artifacts/v1/documents",
            "/projects/p/a/-/artifacts/v1/vulnerabilities",
            "/projects/p/a/-/artifacts/v1/referrers",
            "/projects/p/a/-/artifacts/v1/attestations",
            "/projects/p/a/-/artifacts/v1/sbom",
            "/projects/p/a/-/artifacts/v1/manifest",
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
            "/projects/p/a/-/artifacts/v1/shoes",
            "/projects/p/a/-/tags/v1",
            "/projects/p/-/members/x/remove",
            "/projects/%ff",
            "/elsewhere/p",
        ] {
            assert_eq!(PagePath::parse(bad), None, "{bad}");
        }
    }
}
