//! How an operation is told.

use crate::format::{bytes, natural};
use crate::i18n::{Key, keys};
use crate::notice::role_key;
use crate::pages::project::ProjectPart;
use crate::{t, tn};
use berth_types::RepoName;
use berth_types::api::{BulkAction, BulkFailure, BulkKind, BulkPreview, BulkRequest};
use berth_types::policy::Role;
use std::collections::BTreeSet;

/// What is done, as a request: "Delete 3 tags".
pub(super) fn phrase(request: &BulkRequest, count: i64) -> String {
    tn!(phrase_key(request), natural(count))
}

fn phrase_key(request: &BulkRequest) -> Key {
    match (request.kind, request.action) {
        (Some(BulkKind::Tags), Some(BulkAction::AddLabel)) => keys::bulk::LABEL_TAGS,
        (Some(BulkKind::Tags), Some(BulkAction::RemoveLabel)) => keys::bulk::UNLABEL_TAGS,
        (Some(BulkKind::Tags), Some(BulkAction::Copy)) => keys::bulk::COPY_TAGS,
        (Some(BulkKind::Tags), _) | (None, _) => keys::bulk::DELETE_TAGS,
        (Some(BulkKind::Artifacts), Some(BulkAction::AddLabel)) => keys::bulk::LABEL_ARTIFACTS,
        (Some(BulkKind::Artifacts), Some(BulkAction::RemoveLabel)) => keys::bulk::UNLABEL_ARTIFACTS,
        (Some(BulkKind::Artifacts), Some(BulkAction::Copy)) => keys::bulk::COPY_ARTIFACTS,
        (Some(BulkKind::Artifacts), Some(BulkAction::Move)) => keys::bulk::MOVE_ARTIFACTS,
        (Some(BulkKind::Artifacts), _) => keys::bulk::DELETE_ARTIFACTS,
        // Artifact by artifact, and what is moved is closed after them.
        (Some(BulkKind::Repositories), Some(BulkAction::Copy)) => keys::bulk::COPY_ARTIFACTS,
        (Some(BulkKind::Repositories), Some(BulkAction::Move)) => keys::bulk::MOVE_CONTENTS,
        (Some(BulkKind::Repositories), _) => keys::bulk::DELETE_REPOSITORIES,
        (Some(BulkKind::Users), _) => keys::bulk::DELETE_USERS,
        (Some(BulkKind::Robots), Some(BulkAction::Enable)) => keys::bulk::ENABLE_ROBOTS,
        (Some(BulkKind::Robots), Some(BulkAction::Disable)) => keys::bulk::DISABLE_ROBOTS,
        (Some(BulkKind::Robots), _) => keys::bulk::DELETE_ROBOTS,
        (Some(BulkKind::Members), Some(BulkAction::SetRole)) => keys::bulk::ROLE_MEMBERS,
        (Some(BulkKind::Members), _) => keys::bulk::REMOVE_MEMBERS,
        (Some(BulkKind::Labels), _) => keys::bulk::DELETE_LABELS,
        (Some(BulkKind::Projects), _) => keys::bulk::DELETE_PROJECTS,
    }
}

/// What it is done to, by name, as far as a line holds it.
pub(super) fn named(request: &BulkRequest, preview: &BulkPreview) -> Option<String> {
    /// As many digits of a digest as are shown elsewhere.
    const DIGEST_CHARS: usize = "sha256:".len() + 12;
    // Repositories are copied and moved artifact by artifact.
    let by_artifact = request.kind == Some(BulkKind::Repositories)
        && matches!(request.action, Some(BulkAction::Copy | BulkAction::Move));
    let short = |name: &'_ String| if by_artifact { name.find('@').unwrap_or(name.len()) } else { name.len() };
    let mut seen = BTreeSet::new();
    let names = preview.named.iter().map(|name| &name[..short(name)]).filter(|name| seen.insert(*name));
    let names: Vec<&str> = names.collect();
    let names = names
        .iter()
        .map(|name| if name.starts_with("sha256:") { name.get(..DIGEST_CHARS).unwrap_or(name) } else { name });
    let names = names.collect::<Vec<_>>().join(", ");
    let more = natural(preview.items)
        .saturating_sub(preview.kept_count.unsigned_abs())
        .saturating_sub(preview.named.len() as u64);
    match (names.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(names),
        (false, _) if by_artifact => Some(format!("{names} …")),
        (false, more) => Some(t!(keys::bulk::MORE, names = names, count = crate::format::count(more))),
    }
}

/// Whether it takes something away.
pub(super) fn is_removal(request: &BulkRequest) -> bool {
    matches!(request.action, Some(BulkAction::Delete | BulkAction::Disable | BulkAction::Move))
}

/// What happens, one sentence a line.
pub(super) fn effects(request: &BulkRequest, preview: &BulkPreview) -> Vec<String> {
    let mut lines = Vec::new();
    let size = bytes(natural(preview.bytes));
    let tags = |lines: &mut Vec<String>| {
        if preview.tags > 0 {
            lines.push(tn!(keys::bulk::effect::TAGS, natural(preview.tags)));
        }
    };
    match (request.kind, request.action) {
        (Some(BulkKind::Tags | BulkKind::Artifacts), Some(BulkAction::AddLabel)) => {
            lines.extend(shared(preview, keys::bulk::effect::LABEL_SHARED));
            lines.push(t!(keys::bulk::effect::LABEL));
        }
        (Some(BulkKind::Tags | BulkKind::Artifacts), Some(BulkAction::RemoveLabel)) => {
            lines.extend(shared(preview, keys::bulk::effect::UNLABEL_SHARED));
            lines.push(t!(keys::bulk::effect::UNLABEL));
        }
        (Some(BulkKind::Tags), Some(BulkAction::Copy)) => {
            lines.push(t!(keys::bulk::effect::COPY_TO, target = request.target));
        }
        (Some(BulkKind::Artifacts), Some(BulkAction::Copy)) => {
            lines.push(t!(keys::bulk::effect::COPY_TO, target = request.target));
            lines.push(t!(keys::bulk::effect::COPY));
        }
        (Some(BulkKind::Repositories), Some(BulkAction::Copy)) => {
            lines.push(t!(keys::bulk::effect::COPY_REPOSITORIES, target = request.target));
            lines.push(t!(keys::bulk::effect::COPY));
        }
        (Some(BulkKind::Tags), _) => {
            tags(&mut lines);
            if preview.manifests > 0 {
                lines.push(tn!(keys::bulk::effect::UNTAGGED, natural(preview.manifests), size = size));
            }
        }
        (kind @ Some(BulkKind::Artifacts | BulkKind::Repositories), Some(BulkAction::Move)) => {
            use keys::bulk::effect as k;
            lines.push(tn!(k::MOVE_MANIFESTS, natural(preview.manifests)));
            if preview.tags > 0 {
                lines.push(tn!(k::MOVE_TAGS, natural(preview.tags)));
            }
            let target = &request.target;
            if kind == Some(BulkKind::Repositories) {
                lines.push(t!(k::MOVE_REPOSITORIES, target = target));
                lines.push(t!(k::MOVE_EMPTIED));
            } else {
                lines.push(t!(k::MOVE_TO, target = target));
            }
            lines.push(if request.overwrite {
                t!(k::MOVE_TAKES, target = target)
            } else {
                t!(k::MOVE_KEEPS, target = target)
            });
        }
        (Some(BulkKind::Artifacts | BulkKind::Repositories), _) => {
            lines.push(tn!(keys::bulk::effect::MANIFESTS, natural(preview.manifests)));
            tags(&mut lines);
            lines.push(t!(keys::bulk::effect::BYTES, size = size));
        }
        (Some(BulkKind::Users), _) => lines.push(t!(keys::bulk::effect::USERS)),
        (Some(BulkKind::Robots), Some(BulkAction::Enable)) => lines.push(t!(keys::bulk::effect::ENABLE)),
        (Some(BulkKind::Robots), Some(BulkAction::Disable)) => lines.push(t!(keys::bulk::effect::DISABLE)),
        (Some(BulkKind::Robots), _) => lines.push(t!(keys::bulk::effect::ROBOTS)),
        (Some(BulkKind::Members), action) => {
            lines.push(match action {
                Some(BulkAction::SetRole) => t!(keys::bulk::effect::ROLE, role = role_name(request.role_id)),
                _ => t!(keys::bulk::effect::MEMBERS),
            });
            if preview.admins == Some(0) {
                lines.push(t!(keys::bulk::effect::NO_ADMIN));
            }
        }
        (Some(BulkKind::Labels), _) if preview.labelled == 0 => lines.push(t!(keys::bulk::effect::LABELS_UNUSED)),
        (Some(BulkKind::Labels), _) => lines.push(tn!(keys::bulk::effect::LABELS, natural(preview.labelled))),
        (Some(BulkKind::Projects), _) => lines.push(t!(keys::bulk::effect::PROJECTS)),
        (None, _) => {}
    }
    lines
}

/// That other tags of the same artifacts share a label.
fn shared(preview: &BulkPreview, key: Key) -> Option<String> {
    let count = natural(preview.shared_count);
    let names = preview.shared.join(", ");
    let names = match count.saturating_sub(preview.shared.len() as u64) {
        0 => names,
        more => t!(keys::bulk::MORE, names = names, count = crate::format::count(more)),
    };
    (count > 0).then(|| tn!(key, count, names = names))
}

fn role_name(id: Option<i64>) -> String {
    let key = id.and_then(Role::from_id).and_then(|role| role_key(role.as_str()));
    key.map(|key| t!(key)).unwrap_or_default()
}

/// Why something stays as it is. What no word here knows is told in the server's.
pub(super) fn reason(request: &BulkRequest, failure: &BulkFailure) -> String {
    let (kind, action) = (request.kind, request.action);
    // Artifacts of repositories that are moved are named with their digest, and the repositories without.
    let closes =
        kind == Some(BulkKind::Repositories) && action == Some(BulkAction::Move) && !failure.item.contains('@');
    match failure.code.as_str() {
        "CONFLICT" if closes => t!(keys::bulk::REASON_HOLDS),
        "PRECONDITION" if closes => t!(keys::bulk::REASON_UPLOAD),
        "PRECONDITION" if kind == Some(BulkKind::Members) => t!(keys::bulk::REASON_OWN),
        "PRECONDITION" if kind == Some(BulkKind::Projects) => t!(keys::bulk::REASON_NOT_EMPTY),
        "PRECONDITION" => t!(keys::bulk::REASON_PROTECTED),
        "VIOLATE_FOREIGN_KEY_CONSTRAINT" => t!(keys::bulk::REASON_LISTED),
        "FORBIDDEN" => t!(keys::bulk::REASON_FORBIDDEN),
        "NOT_FOUND" => t!(keys::bulk::REASON_GONE),
        "CONFLICT" if action == Some(BulkAction::Move) => t!(keys::bulk::REASON_TAKEN),
        "CONFLICT" => t!(keys::bulk::REASON_MOVED),
        "UNAUTHORIZED" => t!(keys::bulk::REASON_ACCOUNT),
        "DENIED" => t!(keys::bulk::REASON_ROOM),
        _ => failure.message.clone(),
    }
}

/// The rules that keep something from being deleted. What is moved may be kept by those of either project.
pub(super) fn rules(request: &BulkRequest, failure: &BulkFailure) -> Option<String> {
    let project = match request.kind? {
        BulkKind::Tags | BulkKind::Artifacts => request.repository.parse::<RepoName>().ok()?.project(),
        BulkKind::Repositories => request.project.parse().ok()?,
        BulkKind::Users | BulkKind::Robots | BulkKind::Members | BulkKind::Labels | BulkKind::Projects => return None,
    };
    let by_rule = request.action == Some(BulkAction::Delete) && failure.code == "PRECONDITION";
    by_rule.then(|| ProjectPart::Immutability.of(&project))
}
