//! What an operation on many things is about: the same rows that a list shows, or those that were named one by one; and
//! what it would do to them, counted before it is done.

use berth_types::{Digest, query::ListQuery};

use super::{
    artifact::{self, Filters, Place},
    bulk::Selection,
    label,
    list::List,
    member, overview,
    project::{Scope, Standing, TRUST},
    repository, robot,
    shelf::{self, TagFilters},
    user,
};
use crate::{Backend, Conn, Result, Row, args};

/// The digest of what has none. Databases differ in what they call the type of a column of bytes.
const NO_DIGEST: &str = "(SELECT digest FROM manifests WHERE 1 = 0)";
/// What people call that which is called by its name already.
const NO_NAME: &str = "''";

/// Which rows of a list.
#[derive(Clone, Debug)]
pub enum Which {
    /// Those with these names.
    Named(Vec<String>),
    /// Those that the list shows.
    All(ListQuery),
}

impl Which {
    fn query(&self) -> ListQuery {
        match self {
            Which::All(query) => query.clone(),
            Which::Named(_) => ListQuery::default(),
        }
    }
}

/// Rows that are selected, ready to be counted or noted.
#[derive(Clone, Debug)]
pub struct Selected {
    list: List,
    backend: Backend,
    /// What names a row.
    item: String,
    /// What people call it, and its digest.
    shown: &'static str,
    digest: &'static str,
    /// The order in which the rows are worked on.
    order: String,
}

impl Selected {
    /// Tags of a repository that people gave, narrowed as a list of them.
    pub fn tags(backend: Backend, repository: i64, which: &Which, filters: &TagFilters) -> Self {
        let list = shelf::tags(backend, repository, filters);
        let list = match which {
            Which::Named(names) => list.named("t.name", names),
            Which::All(_) => list,
        };
        Selected {
            list,
            backend,
            item: "t.name".to_owned(),
            shown: NO_NAME,
            digest: "m.digest",
            order: "t.id DESC".to_owned(),
        }
    }

    /// Artifacts of a repository, named by digest. What lists others comes first, so that they are free when it is their
    /// turn.
    pub fn artifacts(backend: Backend, repository: i64, which: &Which, filters: &Filters) -> Self {
        let mut list = artifact::selected(backend, Place::Repository(repository), filters, &which.query());
        if let Which::Named(digests) = which {
            let digests = digests.iter().filter_map(|digest| digest.parse::<Digest>().ok());
            let values: Vec<crate::Value> = digests.map(crate::Value::from).collect();
            list = match values.as_slice() {
                [] => list.and("1 = 0", &[]),
                values => list.and(&format!("m.digest IN ({})", vec!["?"; values.len()].join(", ")), values),
            };
        }
        let item = format!("LOWER({})", artifact::digest_text(backend));
        Selected { list, backend, item, shown: NO_NAME, digest: NO_DIGEST, order: "m.id DESC".to_owned() }
    }

    /// Repositories of a project.
    pub fn repositories(backend: Backend, project: i64, which: &Which) -> Self {
        let list = repository::selected(project, &which.query());
        let list = match which {
            Which::Named(names) => list.named("r.name", names),
            Which::All(_) => list,
        };
        let item = "r.name".to_owned();
        Selected { list, backend, item, shown: NO_NAME, digest: NO_DIGEST, order: "r.id ASC".to_owned() }
    }

    /// The artifacts of repositories of a project, as `repository@digest`, the oldest first.
    pub fn artifacts_of_repositories(backend: Backend, project: i64, which: &Which) -> Self {
        let list = repository::selected_with_artifacts(project, &which.query());
        let list = match which {
            Which::Named(names) => list.named("r.name", names),
            Which::All(_) => list,
        };
        let item = format!("r.name || '@' || LOWER({})", artifact::digest_text(backend));
        Selected { list, backend, item, shown: NO_NAME, digest: NO_DIGEST, order: "m.id ASC".to_owned() }
    }

    /// Tags or artifacts in the order in which they were pushed.
    #[must_use]
    pub fn oldest_first(mut self) -> Self {
        let order = if self.digest == NO_DIGEST { "m.id ASC" } else { "t.pushed_at ASC, t.id ASC" };
        self.order = order.to_owned();
        self
    }

    /// Artifacts in the order in which they can be removed: what lists others before those.
    #[must_use]
    pub fn listing_first(self) -> Self {
        Selected { order: "m.id DESC".to_owned(), ..self }
    }

    /// People, named by row id.
    pub fn users(backend: Backend, which: &Which) -> Self {
        let list = user::selected(&which.query());
        let list = match which {
            Which::Named(ids) => list.among("id", &numbers(ids)),
            Which::All(_) => list,
        };
        let item = "CAST(id AS TEXT)".to_owned();
        Selected { list, backend, item, shown: "username", digest: NO_DIGEST, order: "id ASC".to_owned() }
    }

    /// Robots of a project or of the system, named by row id.
    pub fn robots(backend: Backend, project: Option<i64>, which: &Which) -> Self {
        let list = robot::selected(project, &which.query());
        let list = match which {
            Which::Named(ids) => list.among("r.id", &numbers(ids)),
            Which::All(_) => list,
        };
        let item = "CAST(r.id AS TEXT)".to_owned();
        Selected { list, backend, item, shown: "r.name", digest: NO_DIGEST, order: "r.id ASC".to_owned() }
    }

    /// Members of a project, named by the row id of the membership. That of `own` comes last: with it may go the right to
    /// change the others. Nobody has the row id 0.
    pub fn members(backend: Backend, project: i64, own: i64, which: &Which) -> Self {
        let list = match which {
            Which::Named(ids) => member::members(project).among("m.id", &numbers(ids)),
            Which::All(_) => member::members(project),
        };
        let (item, shown) = ("CAST(m.id AS TEXT)".to_owned(), "COALESCE(u.username, g.name)");
        let order = format!("CASE WHEN m.user_id = {own} THEN 1 ELSE 0 END, m.id ASC");
        Selected { list, backend, item, shown, digest: NO_DIGEST, order }
    }

    /// Labels of a project or of the system, named by row id.
    pub fn labels(backend: Backend, project: Option<i64>, which: &Which) -> Self {
        let list = label::selected(project, &which.query());
        let list = match which {
            Which::Named(ids) => list.among("l.id", &numbers(ids)),
            Which::All(_) => list,
        };
        let item = "CAST(l.id AS TEXT)".to_owned();
        Selected { list, backend, item, shown: "l.name", digest: NO_DIGEST, order: "l.id ASC".to_owned() }
    }

    /// Projects in scope, named by row id: a name may be that of another one tomorrow.
    pub fn projects(backend: Backend, scope: &Scope, which: &Which) -> Self {
        let list = overview::selected(scope, &which.query());
        let list = match which {
            Which::Named(ids) => list.among("p.id", &numbers(ids)),
            Which::All(_) => list,
        };
        let item = "CAST(p.id AS TEXT)".to_owned();
        Selected { list, backend, item, shown: "p.name", digest: NO_DIGEST, order: "p.id ASC".to_owned() }
    }

    /// The same rows but for some, which are named as [`Selected::items`] names them.
    #[must_use]
    pub fn without(mut self, items: &[String]) -> Self {
        if items.is_empty() {
            return self;
        }
        // One argument, however many they are.
        let names = match self.backend {
            Backend::Sqlite => "SELECT value FROM json_each(?)",
            Backend::Postgres => "SELECT json_array_elements_text(CAST(? AS json))",
        };
        let condition = format!("{} NOT IN ({names})", self.item);
        self.list = self.list.and(&condition, args![serde_json::Value::from(items).to_string()]);
        self
    }

    /// The rows to be noted for an operation.
    pub fn to_note(&self) -> Selection {
        let Selected { list, item, shown, digest, order, .. } = self;
        list.clone().selecting(&format!("{item} AS item, {shown} AS shown, {digest} AS digest"), order)
    }

    /// The rows as a query of one column, for use inside of others.
    pub(super) fn column(&self, column: &str) -> Selection {
        self.list.clone().column(column)
    }

    /// How many rows there are, counted no further than `limit`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn count(&self, conn: &mut Conn<'_>, limit: i64) -> Result<i64> {
        let selection = self.list.clone().column("1 AS one");
        let (first, values) = selection.with(args![limit]);
        let sql = format!("SELECT COUNT(*) FROM ({} LIMIT ${first}) counted", selection.sql);
        conn.row(&sql, &values).await?.map_or(Ok(0), |row| row.get(0))
    }

    /// How people call the first rows, at most `limit`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn names(&self, conn: &mut Conn<'_>, limit: i64) -> Result<Vec<String>> {
        let selection = self.to_note();
        let (first, values) = selection.with(args![limit]);
        let sql = format!(
            "SELECT COALESCE(NULLIF(chosen.shown, ''), chosen.item) FROM ({} LIMIT ${first}) chosen",
            selection.sql
        );
        conn.rows(&sql, &values).await?.iter().map(|row| row.get(0)).collect()
    }

    /// The names of the rows, as the API has them, at most `limit`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn items(&self, conn: &mut Conn<'_>, limit: i64) -> Result<Vec<String>> {
        let selection = self.to_note();
        let (first, values) = selection.with(args![limit]);
        let sql = format!("SELECT chosen.item FROM ({} LIMIT ${first}) chosen", selection.sql);
        conn.rows(&sql, &values).await?.iter().map(|row| row.get(0)).collect()
    }
}

fn numbers(texts: &[String]) -> Vec<i64> {
    texts.iter().filter_map(|text| text.parse().ok()).collect()
}

/// What goes with the rows that are selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Tags that go.
    pub tags: i64,
    /// Manifests that go; for tags: those that are left without one.
    pub manifests: i64,
    /// Bytes that nothing else in the project has; for tags: those of what is left without one.
    pub bytes: i64,
    /// Artifacts that lose a label.
    pub labelled: i64,
    /// Project admins that there are afterwards, where members are concerned.
    pub admins: Option<i64>,
}

fn effect(row: Option<&Row>) -> Result<Effect> {
    let Some(row) = row else { return Ok(Effect::default()) };
    Ok(Effect { tags: row.get(0)?, manifests: row.get(1)?, bytes: row.get(2)?, ..Effect::default() })
}

/// What the removal of tags does: manifests stay, some of them without a tag.
///
/// # Errors
/// As the database says.
pub async fn effect_on_tags(conn: &mut Conn<'_>, selected: &Selected) -> Result<Effect> {
    let Selection { sql: chosen, args } = selected.list.clone().column("t.manifest_id AS manifest");
    let sql = format!(
        "SELECT CAST(COALESCE(SUM(s.n), 0) AS BIGINT),
           CAST(COALESCE(SUM(CASE WHEN m.tag_count = s.n THEN 1 ELSE 0 END), 0) AS BIGINT),
           CAST(COALESCE(SUM(CASE WHEN m.tag_count = s.n THEN m.size ELSE 0 END), 0) AS BIGINT)
         FROM (SELECT c.manifest, COUNT(*) AS n FROM ({chosen}) c GROUP BY c.manifest) s
         JOIN manifests m ON m.id = s.manifest"
    );
    effect(conn.row(&sql, &args).await?.as_ref())
}

/// What the removal of artifacts does: with them go the children that nothing else shows, and what refers to any of them.
///
/// # Errors
/// As the database says.
pub async fn effect_on_artifacts(conn: &mut Conn<'_>, project: i64, selected: &Selected) -> Result<Effect> {
    let selection = selected.list.clone().column("m.id AS id");
    let (first, values) = selection.with(args![project]);
    let sql = format!(
        "WITH chosen AS ({chosen}),
           orphans AS (
             SELECT c.id FROM manifests c WHERE c.tag_count = 0
               AND c.id IN (SELECT mr.child_id FROM manifest_references mr JOIN chosen s ON s.id = mr.manifest_id)
               AND NOT EXISTS (SELECT 1 FROM manifest_references o WHERE o.child_id = c.id AND o.role = 'child'
                               AND o.manifest_id NOT IN (SELECT s.id FROM chosen s))),
           bodies AS (SELECT id FROM chosen UNION SELECT id FROM orphans),
           family AS (
             SELECT id FROM bodies UNION
             SELECT a.id FROM bodies b JOIN manifests p ON p.id = b.id
               JOIN manifests a ON a.repository_id = p.repository_id AND a.subject = p.digest),
           held AS (
             SELECT mr.blob_id AS blob, COUNT(DISTINCT mr.manifest_id) AS n FROM manifest_references mr
             JOIN family f ON f.id = mr.manifest_id WHERE mr.blob_id IS NOT NULL GROUP BY mr.blob_id)
         SELECT
           (SELECT COUNT(*) FROM tags t JOIN family f ON f.id = t.manifest_id),
           (SELECT COUNT(*) FROM family),
           CAST(
             COALESCE((SELECT SUM(b.size) FROM held h JOIN blobs b ON b.id = h.blob WHERE h.n =
               (SELECT COUNT(DISTINCT o.manifest_id) FROM manifest_references o JOIN manifests m ON m.id = o.manifest_id
                WHERE o.blob_id = h.blob AND m.project_id = ${first})), 0)
             + COALESCE((SELECT SUM(m.manifest_size) FROM family f JOIN manifests m ON m.id = f.id
                WHERE NOT EXISTS (SELECT 1 FROM manifests o WHERE o.digest = m.digest AND o.project_id = ${first}
                                  AND o.id <> m.id)), 0) AS BIGINT)",
        chosen = selection.sql
    );
    effect(conn.row(&sql, &values).await?.as_ref())
}

/// What the removal of repositories does.
///
/// # Errors
/// As the database says.
pub async fn effect_on_repositories(conn: &mut Conn<'_>, project: i64, selected: &Selected) -> Result<Effect> {
    let selection = selected.list.clone().column("r.id AS id");
    let (first, values) = selection.with(args![project]);
    let sql = format!(
        "WITH chosen AS ({chosen}),
           held AS (SELECT rb.blob_id AS blob, COUNT(*) AS n FROM repository_blobs rb
                    JOIN chosen s ON s.id = rb.repository_id GROUP BY rb.blob_id),
           kept AS (SELECT m.digest AS digest, MAX(m.manifest_size) AS size, COUNT(*) AS n FROM manifests m
                    JOIN chosen s ON s.id = m.repository_id GROUP BY m.digest)
         SELECT
           (SELECT COUNT(*) FROM tags t JOIN chosen s ON s.id = t.repository_id),
           (SELECT COUNT(*) FROM manifests m JOIN chosen s ON s.id = m.repository_id),
           CAST(
             COALESCE((SELECT SUM(b.size) FROM held h JOIN blobs b ON b.id = h.blob WHERE h.n =
               (SELECT COUNT(*) FROM repository_blobs o JOIN repositories q ON q.id = o.repository_id
                WHERE o.blob_id = h.blob AND q.project_id = ${first})), 0)
             + COALESCE((SELECT SUM(k.size) FROM kept k WHERE k.n =
               (SELECT COUNT(*) FROM manifests o WHERE o.digest = k.digest AND o.project_id = ${first})), 0) AS BIGINT)",
        chosen = selection.sql
    );
    effect(conn.row(&sql, &values).await?.as_ref())
}

/// What the removal of labels does.
///
/// # Errors
/// As the database says.
pub async fn effect_on_labels(conn: &mut Conn<'_>, selected: &Selected) -> Result<Effect> {
    let Selection { sql: chosen, args } = selected.list.clone().column("l.id AS id");
    let sql = format!(
        "SELECT COUNT(DISTINCT al.manifest_id) FROM artifact_labels al
         WHERE al.label_id IN (SELECT s.id FROM ({chosen}) s)"
    );
    let labelled = conn.row(&sql, &args).await?.map_or(Ok(0), |row| row.get(0))?;
    Ok(Effect { labelled, ..Effect::default() })
}

/// How many members of a project have a role and are not selected.
///
/// # Errors
/// As the database says.
pub async fn others_with_role(conn: &mut Conn<'_>, project: i64, role: i64, selected: &Selected) -> Result<i64> {
    let selection = selected.list.clone().column("m.id AS id");
    let (first, values) = selection.with(args![project, role]);
    let sql = format!(
        "SELECT COUNT(*) FROM members o LEFT JOIN users x ON x.id = o.user_id AND x.deleted_at IS NULL
         LEFT JOIN user_groups y ON y.id = o.group_id
         WHERE o.project_id = ${first} AND o.role = ${} AND (x.id IS NOT NULL OR y.id IS NOT NULL)
           AND o.id NOT IN (SELECT s.id FROM ({}) s)",
        first + 1,
        selection.sql
    );
    conn.row(&sql, &values).await?.map_or(Ok(0), |row| row.get(0))
}

/// Selected projects as a person stands in them, each with how many repositories lists show, at most `limit`. Nobody has
/// the row id 0.
///
/// # Errors
/// As the database says.
pub async fn standings(
    conn: &mut Conn<'_>,
    selected: &Selected,
    user: i64,
    limit: i64,
) -> Result<Vec<(Standing, i64)>> {
    let selection = selected.list.clone().column("p.id AS id");
    let (first, values) = selection.with(args![user, limit]);
    let sql = format!(
        "SELECT p.id, p.name, p.public, p.created_at, m.role, {TRUST},
           (SELECT COUNT(*) FROM repositories r WHERE r.project_id = p.id AND r.listed = TRUE)
         FROM projects p LEFT JOIN members m ON m.project_id = p.id AND m.user_id = ${first}
         WHERE p.id IN (SELECT s.id FROM ({}) s) ORDER BY p.id LIMIT ${}",
        selection.sql,
        first + 1
    );
    let rows = conn.rows(&sql, &values).await?;
    rows.iter().map(|row| Ok((Standing::read(row)?, row.get(7)?))).collect()
}

/// Tags of selected artifacts or repositories with the digest or the name that they belong to, at most `limit`.
///
/// # Errors
/// As the database says.
pub async fn tags_of_artifacts(conn: &mut Conn<'_>, selected: &Selected, limit: i64) -> Result<Vec<(String, String)>> {
    let digest = artifact::digest_text(conn.backend());
    let selection = selected.list.clone().column("m.id AS id");
    let (first, values) = selection.with(args![limit]);
    let sql = format!(
        "SELECT LOWER({digest}), t.name FROM tags t JOIN manifests m ON m.id = t.manifest_id
         WHERE t.manifest_id IN (SELECT s.id FROM ({}) s) ORDER BY t.id DESC LIMIT ${first}",
        selection.sql
    );
    pairs(conn.rows(&sql, &values).await?)
}

/// See [`tags_of_artifacts`].
///
/// # Errors
/// As the database says.
pub async fn tags_of_repositories(
    conn: &mut Conn<'_>,
    selected: &Selected,
    limit: i64,
) -> Result<Vec<(String, String)>> {
    let selection = selected.list.clone().column("r.id AS id");
    let (first, values) = selection.with(args![limit]);
    let sql = format!(
        "SELECT r.name, t.name FROM tags t JOIN repositories r ON r.id = t.repository_id
         WHERE t.repository_id IN (SELECT s.id FROM ({}) s) ORDER BY t.id LIMIT ${first}",
        selection.sql
    );
    pairs(conn.rows(&sql, &values).await?)
}

/// Tags of selected artifacts that another repository has on something else, with the digest of the artifact, at most
/// `limit`.
///
/// # Errors
/// As the database says.
pub async fn tags_taken(
    conn: &mut Conn<'_>,
    selected: &Selected,
    target: i64,
    limit: i64,
) -> Result<Vec<(String, String)>> {
    let digest = artifact::digest_text(conn.backend());
    let selection = selected.list.clone().column("m.id AS id");
    let (first, values) = selection.with(args![target, limit]);
    let sql = format!(
        "SELECT LOWER({digest}), t.name FROM tags t JOIN manifests m ON m.id = t.manifest_id
         JOIN tags o ON o.repository_id = ${first} AND o.name = t.name JOIN manifests other ON other.id = o.manifest_id
         WHERE t.manifest_id IN (SELECT s.id FROM ({}) s) AND other.digest <> m.digest ORDER BY t.id DESC LIMIT ${}",
        selection.sql,
        first + 1
    );
    pairs(conn.rows(&sql, &values).await?)
}

fn pairs(rows: Vec<Row>) -> Result<Vec<(String, String)>> {
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Selected artifacts that an index lists which is not selected itself, at most `limit`: they cannot be removed.
///
/// # Errors
/// As the database says.
pub async fn listed_elsewhere(conn: &mut Conn<'_>, selected: &Selected, limit: i64) -> Result<Vec<String>> {
    let digest = artifact::digest_text(conn.backend());
    let selection = selected.list.clone().column("m.id AS id");
    let (first, values) = selection.with(args![limit]);
    let sql = format!(
        "WITH chosen AS ({})
         SELECT LOWER({digest}) FROM manifests m JOIN chosen s ON s.id = m.id
         WHERE m.parent_count > 0 AND EXISTS (
           SELECT 1 FROM manifest_references mr WHERE mr.child_id = m.id AND mr.role = 'child'
             AND mr.manifest_id NOT IN (SELECT c.id FROM chosen c))
         ORDER BY m.id LIMIT ${first}",
        selection.sql
    );
    conn.rows(&sql, &values).await?.iter().map(|row| row.get(0)).collect()
}
