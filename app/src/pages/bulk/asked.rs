//! What the address of the page asks for.

use crate::ui::{TICKED, query_pairs, with_query};
use berth_types::api::{BulkAction, BulkKind, BulkRequest};
use berth_types::{ProjectName, RepoName};

/// Rows that are ticked again when somebody comes back to the list: as many as a page of it shows.
const TICKED_MAX: usize = 100;
/// The longest query of a list that is gone back to, in bytes. It comes from the address, where anybody can write.
pub(super) const FROM_BYTES_MAX: usize = 2000;

/// What the things belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Tags or artifacts.
    Repository(RepoName),
    /// Repositories, robots, members or labels.
    Project(ProjectName),
    /// People, robots or labels.
    System,
    /// Projects.
    Projects,
}

impl Place {
    /// What the things of a request belong to.
    pub(super) fn of(request: &BulkRequest) -> Self {
        match (request.repository.parse(), request.project.parse(), request.kind) {
            (Ok(repo), ..) => Place::Repository(repo),
            (_, Ok(project), _) => Place::Project(project),
            (.., Some(BulkKind::Projects)) => Place::Projects,
            _ => Place::System,
        }
    }

    /// The page with the question.
    pub(crate) fn href(&self) -> String {
        match self {
            Place::Repository(repo) => format!("/projects/{repo}/-/bulk"),
            Place::Project(project) => format!("/projects/{project}/-/bulk"),
            Place::System => "/admin/bulk".to_owned(),
            Place::Projects => "/projects/-/bulk".to_owned(),
        }
    }

    /// What asks for the removal of one thing.
    pub(crate) fn removal(&self, kind: BulkKind, item: String) -> BulkRequest {
        let mut request = BulkRequest { items: vec![item], ..BulkRequest::default() };
        (request.kind, request.action) = (Some(kind), Some(BulkAction::Delete));
        self.name(&mut request);
        request
    }

    fn name(&self, request: &mut BulkRequest) {
        match self {
            Place::Repository(repo) => request.repository = repo.to_string(),
            Place::Project(project) => request.project = project.to_string(),
            Place::System | Place::Projects => {}
        }
    }

    /// The list that the things were selected in.
    pub(super) fn list(&self, kind: Option<BulkKind>) -> String {
        match (self, kind) {
            (Place::Repository(repo), Some(BulkKind::Artifacts)) => format!("/projects/{repo}?tab=artifacts"),
            (Place::Repository(repo), _) => format!("/projects/{repo}"),
            (Place::Project(project), Some(BulkKind::Robots)) => format!("/projects/{project}/-/robots"),
            (Place::Project(project), Some(BulkKind::Members)) => format!("/projects/{project}/-/members"),
            (Place::Project(project), Some(BulkKind::Labels)) => format!("/projects/{project}/-/labels"),
            (Place::Project(project), _) => format!("/projects/{project}"),
            (Place::System, Some(BulkKind::Robots)) => "/admin/robots".to_owned(),
            (Place::System, Some(BulkKind::Labels)) => "/admin/labels".to_owned(),
            (Place::System, _) => "/admin/users".to_owned(),
            (Place::Projects, _) => "/projects".to_owned(),
        }
    }
}

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// The operation that is looked at.
    pub operation: Option<i64>,
    /// What is to be done.
    pub request: BulkRequest,
    /// The query of the list that the things were selected in.
    pub from: String,
}

/// Which part of the question is still open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Open {
    /// Nothing is selected, or nothing that can be done.
    Everything,
    /// Which label.
    Label,
    /// Copied or moved to where.
    Target,
    /// Which role.
    Role,
    /// Nothing.
    Nothing,
}

impl Asked {
    pub(super) fn read(search: &str, place: &Place) -> Self {
        let mut asked = Asked::default();
        let request = &mut asked.request;
        place.name(request);
        for (name, value) in query_pairs(search) {
            match name.as_str() {
                "op" => asked.operation = value.parse().ok(),
                "kind" => request.kind = BulkKind::parse(&value),
                "act" => request.action = BulkAction::parse(&value),
                "item" if !value.is_empty() => request.items.push(value),
                "all" => request.all = value == "1",
                "q" => request.q = value,
                "label" => request.label_id = value.parse().ok(),
                "role" => request.role_id = value.parse().ok(),
                "target" => request.target = value.trim().to_owned(),
                "overwrite" => request.overwrite = value == "1",
                "from" if value.len() <= FROM_BYTES_MAX => asked.from = value,
                _ => {}
            }
        }
        if request.all {
            request.items.clear();
        } else {
            // What was ticked is meant, however the list was narrowed.
            request.q.clear();
        }
        asked
    }

    pub(super) fn open(&self) -> Open {
        let BulkRequest { kind, action, items, all, label_id, role_id, target, .. } = &self.request;
        let (Some(_), Some(action)) = (kind, action) else { return Open::Everything };
        if items.is_empty() && !all {
            return Open::Everything;
        }
        match action {
            BulkAction::AddLabel | BulkAction::RemoveLabel if label_id.is_none() => Open::Label,
            BulkAction::Copy | BulkAction::Move if target.is_empty() => Open::Target,
            BulkAction::SetRole if role_id.is_none() => Open::Role,
            BulkAction::Delete
            | BulkAction::AddLabel
            | BulkAction::RemoveLabel
            | BulkAction::Copy
            | BulkAction::Move
            | BulkAction::Enable
            | BulkAction::Disable
            | BulkAction::SetRole => Open::Nothing,
        }
    }

    /// The list as it was when the things were selected in it, with the rows that were ticked. All that matched is for the visitor to
    /// choose again: the list may be another one by now.
    pub(super) fn back(&self, place: &Place) -> String {
        let list = place.list(self.request.kind);
        let (path, plain) = list.split_once('?').unwrap_or((&list, ""));
        let search = if self.from.is_empty() { plain } else { &self.from };
        let mut ticked = vec![(TICKED, None)];
        ticked.extend(self.request.items.iter().take(TICKED_MAX).map(|item| (TICKED, Some(item.as_str()))));
        let search = with_query(search, &ticked);
        if search == "?" { path.to_owned() } else { format!("{path}{search}") }
    }

    /// Whether a refusal may be about the target.
    pub(super) fn is_about_target(&self, status: u16) -> bool {
        matches!(self.request.action, Some(BulkAction::Copy | BulkAction::Move))
            && matches!(status, 400 | 403 | 404 | 422)
    }

    /// The fields of a form that asks for the rest.
    pub(super) fn fields(&self) -> Vec<(&'static str, String)> {
        let request = &self.request;
        let mut fields = vec![
            ("kind", request.kind.map(BulkKind::as_str).unwrap_or_default().to_owned()),
            ("act", request.action.map(BulkAction::as_str).unwrap_or_default().to_owned()),
        ];
        if request.all {
            fields.extend([("all", "1".to_owned()), ("q", request.q.clone())]);
        }
        fields.extend(request.items.iter().map(|item| ("item", item.clone())));
        fields.push(("from", self.from.clone()));
        fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_becomes_a_request() {
        let place = Place::Repository("p/a".parse().unwrap());
        let asked = Asked::read("?kind=tags&act=delete&item=v1&item=v%2B2&q=name%3D~v", &place);
        let request = &asked.request;
        assert_eq!((request.repository.as_str(), request.q.as_str()), ("p/a", ""));
        assert_eq!(request.items, ["v1", "v+2"]);
        assert_eq!(asked.open(), Open::Nothing);
        let all = Asked::read("?kind=tags&act=delete&item=v1&all=1&q=name%3D~v", &place);
        assert!(all.request.items.is_empty() && all.request.all);
        assert_eq!(all.request.q, "name=~v");
        assert_eq!(all.fields().len(), 4);
    }

    #[test]
    fn what_is_missing_is_asked_for() {
        let open = |search: &str| Asked::read(search, &Place::System).open();
        assert_eq!(open("?kind=users&act=delete"), Open::Everything);
        assert_eq!(open("?kind=shoes&act=delete&item=1"), Open::Everything);
        assert_eq!(open("?kind=artifacts&act=add_label&all=1"), Open::Label);
        assert_eq!(open("?kind=artifacts&act=add_label&all=1&label=3"), Open::Nothing);
        assert_eq!(open("?kind=members&act=set_role&item=4"), Open::Role);
        assert_eq!(open("?kind=members&act=set_role&item=4&role=x"), Open::Role);
        assert_eq!(open("?kind=members&act=set_role&item=4&role=3"), Open::Nothing);
        assert_eq!(open("?kind=members&act=delete&item=4"), Open::Nothing);
        assert_eq!(open("?kind=artifacts&act=copy&all=1&target=+"), Open::Target);
        assert_eq!(open("?kind=artifacts&act=copy&all=1&target=q/b"), Open::Nothing);
        assert_eq!(open("?kind=artifacts&act=move&all=1"), Open::Target);
        assert_eq!(open("?kind=artifacts&act=move&all=1&target=q/b"), Open::Nothing);
        let asked = |search: &str| Asked::read(search, &Place::System).request.overwrite;
        assert!(asked("?kind=artifacts&act=move&all=1&target=q/b&overwrite=1"));
        assert!(!asked("?kind=artifacts&act=move&all=1&target=q/b"));
        assert_eq!(Asked::read("?op=7", &Place::System).operation, Some(7));
    }

    #[test]
    fn the_way_back_leads_to_what_was_ticked() {
        let place = Place::Repository("p/a".parse().unwrap());
        let back = |search: &str| Asked::read(search, &place).back(&place);
        assert_eq!(back("?kind=tags&act=delete&item=v1&item=v%2B2"), "/projects/p/a?ticked=v1&ticked=v%2B2");
        let from = "from=q%3Dv1%26page%3D2%26ticked%3Dold";
        assert_eq!(back(&format!("?kind=tags&act=delete&item=v1&{from}")), "/projects/p/a?q=v1&page=2&ticked=v1");
        assert_eq!(back(&format!("?kind=tags&act=delete&all=1&{from}")), "/projects/p/a?q=v1&page=2");
        assert_eq!(back("?kind=artifacts&act=delete"), "/projects/p/a?tab=artifacts");
        assert_eq!(back("?kind=tags"), "/projects/p/a");
        // Another site or another page is not reached.
        assert_eq!(back("?kind=tags&from=//evil.example/%23"), "/projects/p/a?//evil.example/#");
        let many: String = (0..200).map(|number| format!("&item={number}")).collect();
        assert_eq!(back(&format!("?kind=tags{many}")).matches("ticked=").count(), TICKED_MAX);
        assert_eq!(back(&format!("?kind=tags&from=q%3D{}", "x".repeat(3000))), "/projects/p/a");
        // The page that asks for one thing more keeps the way.
        let fields = Asked::read(&format!("?kind=tags&act=copy&item=v1&{from}"), &place).fields();
        assert!(fields.contains(&("from", "q=v1&page=2&ticked=old".to_owned())), "{fields:?}");
    }

    #[test]
    fn lists_are_found_again() {
        let repo = Place::Repository("p/a".parse().unwrap());
        assert_eq!(repo.list(Some(BulkKind::Artifacts)), "/projects/p/a?tab=artifacts");
        for place in [repo.clone(), Place::Project("p".parse().unwrap()), Place::System] {
            assert_eq!(Place::of(&place.removal(BulkKind::Labels, "1".into())), place);
        }
        assert_eq!(Place::of(&Place::Projects.removal(BulkKind::Projects, "p".into())), Place::Projects);
        assert_eq!(Place::System.list(Some(BulkKind::Users)), "/admin/users");
        assert_eq!(Place::System.list(Some(BulkKind::Labels)), "/admin/labels");
        assert_eq!(Place::Projects.list(Some(BulkKind::Projects)), "/projects");
        let project = Place::Project("p".parse().unwrap());
        assert_eq!(project.list(Some(BulkKind::Members)), "/projects/p/-/members");
        assert_eq!(project.list(Some(BulkKind::Labels)), "/projects/p/-/labels");
    }
}
