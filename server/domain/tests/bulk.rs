//! Operations on many members, labels and projects, and on whole repositories: what is counted before, what is done, what stays and why.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use berth_db::{Backend, Db, Value, args};
use berth_domain::{
    Actor, Domain, Error, Limits,
    authz::{ProjectAccess, Push, SignedIn},
    bulk,
    manifest::{self, PushRequest},
};
use berth_storage::FsStore;
use berth_types::{
    Digest, Reference, RepoName, Role, UserId,
    api::{BulkAction, BulkFailure, BulkKind, BulkOperation, BulkPreview, BulkRequest},
    time::SystemClock,
};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};

#[path = "../../testkit/src/database.rs"]
mod database;
#[path = "../../testkit/src/everywhere.rs"]
#[macro_use]
mod everywhere;

use database::Database;

struct World {
    domain: Domain,
    db: Db,
    // Dropped last: it removes the database.
    _database: Database,
}

impl World {
    async fn new(backend: Backend) -> Option<World> {
        let database = Database::create(backend).await?;
        let db = database.open().await;
        let store = FsStore::open(&database.folder.path().join("storage"), None).unwrap();
        let domain = Domain::new(db.clone(), Arc::new(store), Arc::new(SystemClock), Limits::default());
        Some(World { domain, db, _database: database })
    }

    /// Writes a row and says its id.
    async fn row(&self, sql: &str, values: &[Value]) -> i64 {
        let sql = format!("{sql} RETURNING id");
        let written = self.db.write((sql, values.to_vec()), |tx, (sql, values)| {
            Box::pin(async move { tx.insert(sql, values).await.map_err(Error::from) })
        });
        written.await.unwrap()
    }

    async fn write(&self, sql: &str) {
        let written = self
            .db
            .write(sql.to_owned(), |tx, sql| Box::pin(async move { tx.execute(sql, &[]).await.map_err(Error::from) }));
        written.await.unwrap();
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let rows = self.db.reader().await.unwrap().conn().rows(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0).unwrap()).collect()
    }

    async fn user(&self, name: &str) -> Actor {
        let sql = "INSERT INTO users (username, created_at, updated_at) VALUES ($1, 1, 1)";
        Actor::user(UserId(self.row(sql, args![name]).await), name, false)
    }

    async fn project(&self, name: &str, public: bool) -> i64 {
        let sql = "INSERT INTO projects (name, owner_id, public, created_at, updated_at) VALUES ($1, 1, $2, 1, 1)";
        self.row(sql, args![name, public]).await
    }

    async fn member(&self, project: i64, who: &Actor, role: Role) -> String {
        let sql = "INSERT INTO members (project_id, user_id, role, created_at, updated_at) VALUES ($1, $2, $3, 1, 1)";
        self.row(sql, args![project, who.user_id().unwrap().0, role.id()]).await.to_string()
    }

    async fn label(&self, project: Option<i64>, name: &str) -> String {
        let sql = "INSERT INTO labels (project_id, name, created_at, updated_at) VALUES ($1, $2, 1, 1)";
        self.row(sql, args![project, name]).await.to_string()
    }

    async fn repository(&self, project: i64, name: &str) -> i64 {
        let sql =
            "INSERT INTO repositories (project_id, name, listed, created_at, updated_at) VALUES ($1, $2, TRUE, 1, 1)";
        self.row(sql, args![project, name]).await
    }

    /// Pushes a manifest that says a text, under a tag.
    async fn push(&self, repo: &str, tag: &str, text: &str) -> String {
        let repo: RepoName = repo.parse().unwrap();
        let access = ProjectAccess::<Push>::check(&self.domain, &admin(), &repo.project()).await.unwrap();
        let media_type = "application/vnd.oci.image.index.v1+json";
        let json = serde_json::json!({
            "schemaVersion": 2, "mediaType": media_type, "manifests": [], "annotations": { "text": text }
        });
        let (bytes, reference) = (json.to_string(), tag.parse::<Reference>().unwrap());
        let digest = Digest::Sha256(Sha256::digest(&bytes).into());
        let request = PushRequest {
            reference: &reference,
            tags: Vec::new(),
            content_type: Some(media_type),
            bytes: Bytes::from(bytes),
        };
        manifest::put(&self.domain, &access, &repo, request).await.unwrap();
        format!("{repo}@{digest}")
    }

    /// The members of a project with the numbers of their roles.
    async fn members(&self, project: i64) -> Vec<String> {
        let sql = "SELECT u.username || ' ' || CAST(m.role AS TEXT) FROM members m JOIN users u ON u.id = m.user_id";
        self.texts(&format!("{sql} WHERE m.project_id = {project} ORDER BY u.username")).await
    }

    async fn preview(&self, actor: &Actor, request: &BulkRequest) -> Result<BulkPreview, Error> {
        bulk::preview(&self.domain, &SignedIn::check(actor)?, request).await
    }

    async fn begin(&self, actor: &Actor, request: &BulkRequest) -> Result<i64, Error> {
        bulk::begin(&self.domain, &SignedIn::check(actor)?, request).await
    }

    async fn work_off(&self, actor: &Actor, id: i64) -> BulkOperation {
        bulk::run(&self.domain, id, &|| false).await.unwrap();
        let access = berth_domain::authz::OperationAccess::check(&self.domain, actor, id).await.unwrap();
        bulk::status(&self.domain, &access).await.unwrap()
    }

    async fn run(&self, actor: &Actor, request: &BulkRequest) -> BulkOperation {
        let id = self.begin(actor, request).await.unwrap();
        self.work_off(actor, id).await
    }
}

fn admin() -> Actor {
    Actor::user(UserId::ADMIN, "admin", true)
}

fn wanted(kind: BulkKind, action: BulkAction, project: &str) -> BulkRequest {
    BulkRequest { kind: Some(kind), action: Some(action), project: project.to_owned(), ..BulkRequest::default() }
}

fn all(request: BulkRequest) -> BulkRequest {
    BulkRequest { all: true, ..request }
}

fn these(request: BulkRequest, items: &[&str]) -> BulkRequest {
    BulkRequest { items: items.iter().map(|item| (*item).to_owned()).collect(), ..request }
}

fn counts(operation: &BulkOperation) -> (i64, i64, i64) {
    (operation.total, operation.done, operation.failed)
}

fn told(failures: &[BulkFailure]) -> Vec<(&str, &str)> {
    failures.iter().map(|failure| (failure.name.as_str(), failure.code.as_str())).collect()
}

fn refusals(failures: &[BulkFailure]) -> Vec<(&str, &str)> {
    failures.iter().map(|failure| (failure.item.as_str(), failure.code.as_str())).collect()
}

everywhere! {
    members_are_removed_and_the_own_membership_only_where_it_is_named
    members_get_another_role
    a_right_that_ends_meanwhile_changes_nobody
    only_who_manages_members_changes_many
    labels_go_with_what_they_are_on
    labels_of_a_project_are_not_those_of_the_system
    projects_go_each_by_its_own_right
    a_project_that_nobody_shows_is_not_there
    a_project_that_is_gone_is_as_it_should_be
    repositories_move_and_what_is_empty_goes
    repositories_are_moved_by_who_may_delete_them
    a_repository_that_somebody_uploads_to_stays_and_moves_later
    a_repository_without_artifacts_moves_as_well
    a_move_that_broke_off_before_the_repository_was_closed_goes_on
    a_label_is_named_and_so_is_who_shares_it
}

async fn members_are_removed_and_the_own_membership_only_where_it_is_named(world: World) {
    let project = world.project("team", false).await;
    let (lead, mei, tom) = (world.user("lead").await, world.user("mei").await, world.user("tom").await);
    let own = world.member(project, &lead, Role::ProjectAdmin).await;
    let developer = world.member(project, &mei, Role::Developer).await;
    let guest = world.member(project, &tom, Role::Guest).await;
    let elsewhere = world.project("other", false).await;
    let foreign = world.member(elsewhere, &mei, Role::Guest).await;
    let remove = wanted(BulkKind::Members, BulkAction::Delete, "team");

    let counted = world.preview(&lead, &these(remove.clone(), &[&guest, &foreign, "x"])).await.unwrap();
    assert_eq!((counted.items, counted.admins, counted.kept_count), (1, Some(1), 0));
    assert_eq!(counted.unknown, [foreign.as_str(), "x"]);
    let done = world.run(&lead, &these(remove.clone(), &[&guest, &foreign, &guest])).await;
    assert_eq!(counts(&done), (2, 1, 1));
    assert_eq!(world.members(project).await, ["lead 1", "mei 2"]);
    assert_eq!(world.members(elsewhere).await, ["mei 3"]);

    // All are meant: the own one stays, and the reason is told before and after.
    let counted = world.preview(&lead, &all(remove.clone())).await.unwrap();
    assert_eq!((counted.items, counted.admins), (2, Some(1)));
    assert_eq!(told(&counted.kept), [("lead", "PRECONDITION")]);
    let done = world.run(&lead, &all(remove.clone())).await;
    assert_eq!((counts(&done), told(&done.failures)), ((2, 1, 1), vec![("lead", "PRECONDITION")]));
    assert_eq!(world.members(project).await, ["lead 1"]);

    // It is named: it goes, as it does alone, and after the others, whose removal needs it.
    let developer_again = world.member(project, &mei, Role::Developer).await;
    assert!(developer_again != developer, "an id is not used again");
    let both = these(remove, &[&own, &developer_again]);
    let counted = world.preview(&lead, &both).await.unwrap();
    assert_eq!((counted.items, counted.admins, counted.kept_count), (2, Some(0), 0));
    assert_eq!(counts(&world.run(&lead, &both).await), (2, 2, 0));
    assert!(world.members(project).await.is_empty());
}

async fn members_get_another_role(world: World) {
    let project = world.project("team", false).await;
    let (lead, mei, tom) = (world.user("lead").await, world.user("mei").await, world.user("tom").await);
    let own = world.member(project, &lead, Role::ProjectAdmin).await;
    let developer = world.member(project, &mei, Role::Developer).await;
    world.member(project, &tom, Role::Guest).await;
    let to =
        |role: Role| BulkRequest { role_id: Some(role.id()), ..wanted(BulkKind::Members, BulkAction::SetRole, "team") };
    let everybody = all(to(Role::Maintainer));
    let counted = world.preview(&lead, &everybody).await.unwrap();
    assert_eq!((counted.items, counted.admins, counted.kept_count), (3, Some(1), 1));
    let done = world.run(&lead, &everybody).await;
    assert_eq!((counts(&done), done.request.role_id), ((3, 2, 1), Some(Role::Maintainer.id())));
    assert_eq!(world.members(project).await, ["lead 1", "mei 4", "tom 4"]);
    // Who is no member has none to spare.
    let counted = world.preview(&admin(), &everybody).await.unwrap();
    assert_eq!((counted.admins, counted.kept_count), (Some(0), 0));
    let counted = world.preview(&lead, &these(to(Role::ProjectAdmin), &[&developer])).await.unwrap();
    assert_eq!(counted.admins, Some(2));
    // The own role is changed where it is named, and last.
    let done = world.run(&lead, &these(to(Role::Guest), &[&own, &developer])).await;
    assert_eq!(counts(&done), (2, 2, 0));
    assert_eq!(world.members(project).await, ["lead 3", "mei 3", "tom 4"]);
    let logged = "SELECT username FROM audit WHERE resource_type = 'member' AND operation = 'update'";
    assert_eq!(
        world.texts(logged).await,
        ["lead", "lead", "lead", "lead"],
        "each is in the log under the name of who asked"
    );
}

async fn a_right_that_ends_meanwhile_changes_nobody(world: World) {
    let project = world.project("team", false).await;
    let (lead, mei) = (world.user("lead").await, world.user("mei").await);
    let own = world.member(project, &lead, Role::ProjectAdmin).await;
    let developer = world.member(project, &mei, Role::Developer).await;
    let remove = wanted(BulkKind::Members, BulkAction::Delete, "team");
    let id = world.begin(&lead, &these(remove.clone(), &[&developer])).await.unwrap();
    assert_eq!(counts(&world.run(&admin(), &these(remove, &[&own])).await), (1, 1, 0));
    let done = world.work_off(&lead, id).await;
    assert_eq!((counts(&done), told(&done.failures)), ((1, 0, 1), vec![("mei", "FORBIDDEN")]));
    assert_eq!(world.members(project).await, ["mei 2"]);
}

async fn only_who_manages_members_changes_many(world: World) {
    let project = world.project("team", true).await;
    let (maintainer, stranger) = (world.user("maintainer").await, world.user("stranger").await);
    let own = world.member(project, &maintainer, Role::Maintainer).await;
    let remove = these(wanted(BulkKind::Members, BulkAction::Delete, "team"), &[&own]);
    let role = Some(Role::ProjectAdmin.id());
    let rise = BulkRequest { action: Some(BulkAction::SetRole), role_id: role, ..remove.clone() };
    for actor in [&maintainer, &stranger] {
        for request in [&remove, &rise] {
            let refused = world.begin(actor, request).await;
            assert!(matches!(refused, Err(Error::Lacking { .. })), "{refused:?}");
            let refused = world.preview(actor, request).await;
            assert!(matches!(refused, Err(Error::Lacking { .. })), "{refused:?}");
        }
    }
    assert_eq!(world.members(project).await, ["maintainer 4"]);
}

async fn labels_go_with_what_they_are_on(world: World) {
    let project = world.project("team", false).await;
    let maintainer = world.user("maintainer").await;
    world.member(project, &maintainer, Role::Maintainer).await;
    let (old, older) = (world.label(Some(project), "old").await, world.label(Some(project), "older").await);
    world.label(Some(project), "new").await;
    let repository = world.repository(project, "team/app").await;
    for (byte, labels) in [(1_u8, vec![&old, &older]), (2, vec![&old]), (3, vec![])] {
        let sql =
            "INSERT INTO manifests (project_id, repository_id, digest, media_type, manifest_size, size, pushed_at)
                   VALUES ($1, $2, $3, 'm', 1, 1, 1)";
        let manifest = world.row(sql, args![project, repository, vec![byte; 33]]).await;
        for label in labels {
            let sql = "INSERT INTO artifact_labels (manifest_id, label_id, created_at) VALUES ($1, $2, 1)";
            let sql = format!("{sql} ON CONFLICT DO NOTHING");
            let label: i64 = label.parse().unwrap();
            let put = world.db.write((sql, manifest, label), |tx, (sql, manifest, label)| {
                Box::pin(async move { tx.execute(sql, args![*manifest, *label]).await.map_err(Error::from) })
            });
            put.await.unwrap();
        }
    }
    let narrowed =
        all(BulkRequest { q: "name=~OLD".to_owned(), ..wanted(BulkKind::Labels, BulkAction::Delete, "team") });
    let counted = world.preview(&maintainer, &narrowed).await.unwrap();
    assert_eq!((counted.items, counted.labelled), (2, 2), "an artifact with both is one");
    assert_eq!(counts(&world.run(&maintainer, &narrowed).await), (2, 2, 0));
    assert_eq!(world.texts("SELECT name FROM labels").await, ["new"]);
    let developer = world.user("developer").await;
    world.member(project, &developer, Role::Developer).await;
    let refused = world.begin(&developer, &all(wanted(BulkKind::Labels, BulkAction::Delete, "team"))).await;
    assert!(matches!(refused, Err(Error::Lacking { .. })), "{refused:?}");
}

async fn labels_of_a_project_are_not_those_of_the_system(world: World) {
    let project = world.project("team", false).await;
    let lead = world.user("lead").await;
    world.member(project, &lead, Role::ProjectAdmin).await;
    let (of_system, of_project) = (world.label(None, "all").await, world.label(Some(project), "own").await);
    let in_project = these(wanted(BulkKind::Labels, BulkAction::Delete, "team"), &[&of_system, &of_project]);
    let done = world.run(&lead, &in_project).await;
    assert_eq!((counts(&done), done.failures[0].code.as_str()), ((2, 1, 1), "NOT_FOUND"));
    assert_eq!(world.texts("SELECT name FROM labels").await, ["all"]);
    let in_system = all(wanted(BulkKind::Labels, BulkAction::Delete, ""));
    let refused = world.preview(&lead, &in_system).await;
    assert!(matches!(refused, Err(Error::Lacking { .. })), "{refused:?}");
    let counted = world.preview(&admin(), &in_system).await.unwrap();
    assert_eq!((counted.items, counted.labelled), (1, 0));
    assert_eq!(counts(&world.run(&admin(), &in_system).await), (1, 1, 0));
    assert!(world.texts("SELECT name FROM labels").await.is_empty());
}

const PROJECTS: &str = "SELECT name FROM projects WHERE deleted_at IS NULL AND name <> 'library' ORDER BY name";

async fn projects_go_each_by_its_own_right(world: World) {
    let lead = world.user("lead").await;
    let (empty, full) = (world.project("empty", false).await, world.project("full", false).await);
    let (helped, public) = (world.project("helped", false).await, world.project("public", true).await);
    let hidden = world.project("hidden", false).await;
    for project in [empty, full] {
        world.member(project, &lead, Role::ProjectAdmin).await;
    }
    world.member(helped, &lead, Role::Maintainer).await;
    world.repository(full, "full/app").await;
    let delete = wanted(BulkKind::Projects, BulkAction::Delete, "");
    let ids = [empty, full, helped, public, hidden].map(|id| id.to_string());
    let named = these(delete.clone(), &ids.each_ref().map(String::as_str));
    let counted = world.preview(&lead, &named).await.unwrap();
    // What the caller does not see is not there.
    assert_eq!((counted.items, counted.unknown), (4, vec![hidden.to_string()]));
    let kept = [("full", "PRECONDITION"), ("helped", "FORBIDDEN"), ("public", "FORBIDDEN")];
    assert_eq!((told(&counted.kept), counted.kept_count), (kept.to_vec(), 3));
    let done = world.run(&lead, &named).await;
    assert_eq!(counts(&done), (5, 1, 4));
    let mut failed = told(&done.failures);
    failed.sort_unstable();
    assert_eq!(failed, [("", "NOT_FOUND"), kept[0], kept[1], kept[2]]);
    assert_eq!(world.texts(PROJECTS).await, ["full", "helped", "hidden", "public"]);
    // Administrators see all of them; the filters are those of the list.
    let narrowed = all(BulkRequest { q: "name=~h,public=false".to_owned(), ..delete });
    let counted = world.preview(&admin(), &narrowed).await.unwrap();
    assert_eq!((counted.items, counted.kept_count), (2, 0));
    assert_eq!(counts(&world.run(&admin(), &narrowed).await), (2, 2, 0));
    assert_eq!(world.texts(PROJECTS).await, ["full", "public"]);
}

async fn a_project_that_nobody_shows_is_not_there(world: World) {
    let stranger = world.user("stranger").await;
    let hidden = world.project("hidden", false).await.to_string();
    let delete = these(wanted(BulkKind::Projects, BulkAction::Delete, ""), &[&hidden]);
    let done = world.run(&stranger, &delete).await;
    assert_eq!((counts(&done), done.failures[0].code.as_str()), ((1, 0, 1), "NOT_FOUND"));
    let refused = world.begin(&Actor::default(), &delete).await;
    assert!(matches!(refused, Err(Error::Unauthorized(_))), "{refused:?}");
    assert_eq!(world.texts(PROJECTS).await, ["hidden"]);
}

async fn a_project_that_is_gone_is_as_it_should_be(world: World) {
    let lead = world.user("lead").await;
    let (gone, lost) = (world.project("gone", false).await, world.project("lost", false).await);
    for project in [gone, lost] {
        world.member(project, &lead, Role::ProjectAdmin).await;
    }
    let id = world
        .begin(
            &lead,
            &all(BulkRequest { q: "public=false".to_owned(), ..wanted(BulkKind::Projects, BulkAction::Delete, "") }),
        )
        .await
        .unwrap();
    let first = these(wanted(BulkKind::Projects, BulkAction::Delete, ""), &[&gone.to_string()]);
    assert_eq!(counts(&world.run(&admin(), &first).await), (1, 1, 0));
    let leave = all(wanted(BulkKind::Members, BulkAction::Delete, "lost"));
    assert_eq!(counts(&world.run(&admin(), &leave).await), (1, 1, 0));
    // A project of the same name is another one.
    world.project("gone", false).await;
    let done = world.work_off(&lead, id).await;
    assert_eq!((counts(&done), told(&done.failures)), ((2, 1, 1), vec![("lost", "FORBIDDEN")]));
    assert_eq!(world.texts(PROJECTS).await, ["gone", "lost"]);
}

const REPOSITORIES: &str = "SELECT name FROM repositories ORDER BY name";
const TAGS: &str =
    "SELECT r.name || ':' || t.name FROM tags t JOIN repositories r ON r.id = t.repository_id ORDER BY 1";

async fn repositories_move_and_what_is_empty_goes(world: World) {
    let lead = world.user("lead").await;
    for name in ["team", "other"] {
        let project = world.project(name, false).await;
        world.member(project, &lead, Role::ProjectAdmin).await;
    }
    for (repo, tag) in [("team/app/web", "v1"), ("team/app/web", "v2"), ("team/left", "v1")] {
        world.push(repo, tag, &format!("{repo}:{tag}")).await;
    }
    // Another repository of the same length, whose tag is the same, is not asked.
    world.push("other/app/wex", "v1", "another").await;
    let taken = world.push("team/tools", "v1", "ours").await;
    world.push("team/tools", "v2", "both").await;
    world.push("other/tools", "v1", "theirs").await;
    world.push("other/tools", "v2", "both").await;
    let described = world.db.write((), |tx, ()| {
        Box::pin(async move {
            let sql = "UPDATE repositories SET description = 'Books' WHERE name = 'team/app/web'";
            tx.execute(sql, &[]).await.map_err(Error::from)
        })
    });
    described.await.unwrap();
    let wanted = BulkRequest { target: "other".to_owned(), ..wanted(BulkKind::Repositories, BulkAction::Move, "team") };
    let two = these(wanted, &["team/app/web", "team/tools"]);
    let counted = world.preview(&lead, &two).await.unwrap();
    // The repositories are items as well, and one stays with what stays in it.
    assert_eq!((counted.items, counted.manifests, counted.tags, counted.kept_count), (6, 3, 3, 2));
    assert_eq!((counted.kept[0].item.as_str(), counted.kept[0].code.as_str()), (taken.as_str(), "CONFLICT"));
    assert_eq!(refusals(&counted.kept)[1], ("team/tools", "CONFLICT"));
    let done = world.run(&lead, &two).await;
    assert_eq!(counts(&done), (6, 4, 2));
    assert_eq!(refusals(&done.failures), [(taken.as_str(), "CONFLICT"), ("team/tools", "CONFLICT")]);
    // What stays keeps its repository.
    let repositories = ["other/app/web", "other/app/wex", "other/tools", "team/left", "team/tools"];
    assert_eq!(world.texts(REPOSITORIES).await, repositories);
    let described = "SELECT name FROM repositories WHERE description = 'Books'";
    assert_eq!(world.texts(described).await, ["other/app/web"]);

    let over = BulkRequest { overwrite: true, items: vec!["team/tools".to_owned()], ..two };
    let counted = world.preview(&lead, &over).await.unwrap();
    assert_eq!((counted.items, counted.kept_count), (2, 0));
    assert_eq!(counts(&world.run(&lead, &over).await), (2, 2, 0));
    assert_eq!(world.texts(REPOSITORIES).await, ["other/app/web", "other/app/wex", "other/tools", "team/left"]);
    let tags = ["other/app/web:v1", "other/app/web:v2", "other/app/wex:v1", "other/tools:v1", "other/tools:v2"];
    assert_eq!(world.texts(TAGS).await, [&tags[..], &["team/left:v1"]].concat());
    let logged = "SELECT resource FROM audit WHERE operation = 'delete' AND resource_type = 'repository' ORDER BY id";
    assert_eq!(world.texts(logged).await, ["team/app/web", "team/tools"]);
}

async fn repositories_are_moved_by_who_may_delete_them(world: World) {
    let (developer, guest) = (world.user("developer").await, world.user("guest").await);
    for (name, of_developer, of_guest) in
        [("team", Role::Developer, Role::ProjectAdmin), ("other", Role::ProjectAdmin, Role::Guest)]
    {
        let project = world.project(name, false).await;
        world.member(project, &developer, of_developer).await;
        world.member(project, &guest, of_guest).await;
    }
    world.push("team/app", "v1", "image").await;
    let wanted = wanted(BulkKind::Repositories, BulkAction::Move, "team");
    let wanted = these(BulkRequest { target: "other".to_owned(), ..wanted }, &["team/app"]);
    for actor in [&developer, &guest] {
        let refused = world.begin(actor, &wanted).await;
        assert!(matches!(refused, Err(Error::Lacking { .. })), "{refused:?}");
        let refused = world.preview(actor, &wanted).await;
        assert!(matches!(refused, Err(Error::Lacking { .. })), "{refused:?}");
    }
    // A rule protects what would go.
    let sql = "INSERT INTO immutable_rules (project_id, content, created_at, updated_at)
               SELECT id, $1, 1, 1 FROM projects WHERE name = 'team'";
    let rule = serde_json::json!({
        "disabled": false, "action": "immutable", "template": "immutable_template",
        "tag_selectors": [{ "kind": "doublestar", "decoration": "matches", "pattern": "v*" }],
        "scope_selectors": { "repository": [{ "kind": "doublestar", "decoration": "repoMatches", "pattern": "**" }] },
    });
    world.row(sql, args![rule.to_string()]).await;
    let counted = world.preview(&admin(), &wanted).await.unwrap();
    assert_eq!((counted.items, counted.kept[0].code.as_str()), (2, "PRECONDITION"));
    assert_eq!(counts(&world.run(&admin(), &wanted).await), (2, 0, 2));
    assert_eq!(world.texts(REPOSITORIES).await, ["team/app"]);
}

async fn a_repository_that_somebody_uploads_to_stays_and_moves_later(world: World) {
    for name in ["team", "other"] {
        world.project(name, false).await;
    }
    world.push("team/app", "v1", "image").await;
    world.push("team/free", "v1", "another").await;
    let pulled = "UPDATE repositories SET pull_count = CASE name WHEN 'team/app' THEN 5 ELSE 2 END";
    world.write(pulled).await;
    world.push("other/app", "old", "older").await;
    world.write("UPDATE repositories SET pull_count = 3 WHERE name = 'other/app'").await;
    let days = "INSERT INTO pull_days (repository_id, at, pulls)
                SELECT id, 86400000000, CASE name WHEN 'team/app' THEN 4 ELSE 1 END FROM repositories";
    world.write(days).await;
    let upload = "INSERT INTO uploads (id, repository_id, created_at, updated_at)
                  SELECT 'upload', id, 1, 1 FROM repositories WHERE name = 'team/app'";
    world.write(upload).await;
    let wanted = BulkRequest { target: "other".to_owned(), ..wanted(BulkKind::Repositories, BulkAction::Move, "team") };
    let everything = all(wanted);
    let counted = world.preview(&admin(), &everything).await.unwrap();
    assert_eq!((counted.items, refusals(&counted.kept)), (4, vec![("team/app", "PRECONDITION")]));
    assert_eq!(counted.named[0], "team/free");
    let done = world.run(&admin(), &everything).await;
    assert_eq!((counts(&done), refusals(&done.failures)), ((4, 3, 1), vec![("team/app", "PRECONDITION")]));
    assert_eq!(done.failures[0].message, "an upload to the repository team/app is under way");
    assert_eq!(world.texts(REPOSITORIES).await, ["other/app", "other/free", "team/app"]);
    let pulls = "SELECT r.name || ' ' || CAST(r.pull_count AS TEXT) || ' ' || CAST(d.pulls AS TEXT)
                 FROM repositories r JOIN pull_days d ON d.repository_id = r.id ORDER BY r.name";
    assert_eq!(world.texts(pulls).await, ["other/app 3 1", "other/free 2 1", "team/app 5 4"]);

    // As maintenance does with one that rests.
    world.write("DELETE FROM uploads").await;
    assert_eq!(counts(&world.run(&admin(), &everything).await), (1, 1, 0));
    assert_eq!(world.texts(pulls).await, ["other/app 8 5", "other/free 2 1"]);
}

async fn a_repository_without_artifacts_moves_as_well(world: World) {
    let mut projects = Vec::new();
    for name in ["team", "other"] {
        projects.push(world.project(name, false).await);
    }
    world.repository(projects[0], "team/empty").await;
    world.repository(projects[0], "team/stays").await;
    world.write("UPDATE repositories SET description = name, pull_count = 7").await;
    let wanted = BulkRequest { target: "other".to_owned(), ..wanted(BulkKind::Repositories, BulkAction::Move, "team") };
    let wanted = these(wanted, &["team/empty", "team/nowhere"]);
    let counted = world.preview(&admin(), &wanted).await.unwrap();
    assert_eq!(
        (counted.items, counted.named, counted.unknown),
        (1, vec!["team/empty".into()], vec!["team/nowhere".into()])
    );
    let done = world.run(&admin(), &wanted).await;
    assert_eq!((counts(&done), refusals(&done.failures)), ((2, 1, 1), vec![("team/nowhere", "NOT_FOUND")]));
    let shown = "SELECT name || ' ' || description || ' ' || CAST(pull_count AS TEXT) FROM repositories
                 WHERE listed = TRUE ORDER BY name";
    assert_eq!(world.texts(shown).await, ["other/empty team/empty 7", "team/stays team/stays 7"]);
}

async fn a_move_that_broke_off_before_the_repository_was_closed_goes_on(world: World) {
    for name in ["team", "other"] {
        world.project(name, false).await;
    }
    // As many as are done in one go; the repository waits for the next.
    for number in 0..20 {
        world.push("team/app", &format!("v{number}"), &number.to_string()).await;
    }
    let wanted = BulkRequest { target: "other".to_owned(), ..wanted(BulkKind::Repositories, BulkAction::Move, "team") };
    let id = world.begin(&admin(), &these(wanted, &["team/app"])).await.unwrap();
    let asked = AtomicUsize::new(0);
    let report = bulk::run(&world.domain, id, &|| asked.fetch_add(1, Ordering::Relaxed) > 0).await.unwrap();
    assert_eq!((report.total, report.done, report.stopped), (21, 20, true));
    assert_eq!(world.texts(REPOSITORIES).await, ["other/app", "team/app"]);
    assert_eq!(counts(&world.work_off(&admin(), id).await), (21, 21, 0));
    assert_eq!(world.texts(REPOSITORIES).await, ["other/app"]);
    // A repository that was closed before that was written down is as it should be.
    let again = format!("INSERT INTO bulk_items (operation_id, item) VALUES ({id}, 'team/app')");
    world.write(&again).await;
    world.write("UPDATE bulk_operations SET done = 20, finished_at = NULL").await;
    assert_eq!(counts(&world.work_off(&admin(), id).await), (21, 21, 0));
}

async fn a_label_is_named_and_so_is_who_shares_it(world: World) {
    let project = world.project("team", false).await;
    let other = world.project("other", false).await;
    for (tag, text) in [("v1", "one"), ("v1.0", "one"), ("latest", "one"), ("v2", "two")] {
        world.push("team/app", tag, text).await;
    }
    let (ours, everywhere, theirs) =
        (world.label(Some(project), "good").await, world.label(None, "old").await, world.label(Some(other), "x").await);
    let wanted = |label: &str, items: &[&str]| {
        let request = BulkRequest {
            repository: "team/app".to_owned(),
            label_id: label.parse().ok(),
            ..wanted(BulkKind::Tags, BulkAction::AddLabel, "")
        };
        these(request, items)
    };
    let counted = world.preview(&admin(), &wanted(&ours, &["v1", "v2"])).await.unwrap();
    assert_eq!((counted.label.as_deref(), counted.shared_count), (Some("good"), 2));
    assert_eq!(counted.shared, ["latest", "v1.0"]);
    let counted = world.preview(&admin(), &wanted(&everywhere, &["v2"])).await.unwrap();
    assert_eq!((counted.label.as_deref(), counted.shared_count), (Some("old"), 0));
    // Nobody is told the labels of another project.
    let counted = world.preview(&admin(), &wanted(&theirs, &["v2"])).await.unwrap();
    assert_eq!(counted.label, None);
}
