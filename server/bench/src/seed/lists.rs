//! Rows for long lists, written while no server runs: made by the database itself, since a million are wanted.

use berth_db::{Backend, Db, DbError, Value, args};

use super::{Amounts, berth::now};

/// The project with the long lists.
pub const CROWDED: &str = "project-000000";
/// The repository in it with a tenth of all artifacts.
pub const LARGE: &str = "large";
/// Repositories of every project.
const REPOSITORIES_EACH: usize = 10;
/// The most rows of people, robots and labels.
const PEOPLE_MAX: usize = 1_000;
/// Microseconds between two rows.
const STEP: i64 = 1_000_000;

/// Writes projects with repositories and artifacts with tags, labels and signatures; members, robots and labels of
/// [`CROWDED`]; and a long audit log.
pub async fn rows(db: &Db, amounts: Amounts) -> anyhow::Result<()> {
    let Amounts { projects, artifacts, entries, .. } = amounts;
    let large = artifacts / 10;
    let others = projects * REPOSITORIES_EACH;
    let each = (artifacts - large) / others.max(1);
    let people = projects.min(PEOPLE_MAX);
    let begin = now().plus_seconds(-(entries as i64)).0;
    let counted = "WITH RECURSIVE n(i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)";
    let (random, digest) = match db.backend() {
        Backend::Sqlite => ("randomblob(32)", "CAST(x'01' || randomblob(32) AS BLOB)"),
        Backend::Postgres => {
            let random = "sha256(convert_to(random()::text, 'UTF8'))";
            (random, r"'\x01'::bytea || sha256(convert_to(random()::text, 'UTF8'))")
        }
    };
    let config = "application/vnd.oci.image.config.v1+json";
    let manifest = crate::registry::MANIFEST;
    let attrs = r#"{"architecture":"amd64","author":"bench","config":{"Cmd":["/hello"],"Env":["PATH=/bin"]},"created":null,"os":"linux"}"#;
    let row = format!(
        "media_type, config_media_type, artifact_type, kind, manifest_size, size, extra_attrs, tag_count, pushed_by, pushed_at)
         SELECT r.project_id, r.id, {digest}, '{manifest}', '{config}', '{config}', 'IMAGE', 500, 1000 + n.i, '{attrs}', 1,
                'bench', $2 + n.i * {STEP}"
    );
    let crowded = format!("(SELECT id FROM projects WHERE name = '{CROWDED}')");
    let statements: Vec<(String, Vec<Value>)> = vec![
        (
            format!(
                "{counted} INSERT INTO projects (name, owner_id, public, created_at, updated_at)
                 SELECT 'project-' || substr(CAST(1000000 + i AS TEXT), 2), (SELECT MIN(id) FROM users), i % 2 = 1, $2 + i * {STEP}, $2 FROM n"
            ),
            args![projects as i64, begin].to_vec(),
        ),
        (
            "INSERT INTO project_metadata (project_id, key, value)
             SELECT id, 'public', CASE WHEN public THEN 'true' ELSE 'false' END FROM projects WHERE name LIKE 'project-%'"
                .to_owned(),
            Vec::new(),
        ),
        (
            format!(
                "{counted} INSERT INTO repositories (project_id, name, listed, artifact_count, created_at, updated_at)
                 SELECT p.id, p.name || '/app-' || n.i, TRUE, $2, $3 + p.id * {STEP} + n.i, $3
                 FROM projects p, n WHERE p.name LIKE 'project-%'"
            ),
            args![REPOSITORIES_EACH as i64, each as i64, begin].to_vec(),
        ),
        (
            format!(
                "INSERT INTO repositories (project_id, name, listed, artifact_count, created_at, updated_at)
                 VALUES ({crowded}, '{CROWDED}/{LARGE}', TRUE, $1, $2, $2)"
            ),
            args![large as i64, begin].to_vec(),
        ),
        (
            format!(
                "{counted} INSERT INTO manifests (project_id, repository_id, digest, {row}
                 FROM repositories r, n WHERE r.name = '{CROWDED}/{LARGE}'"
            ),
            args![large as i64, begin].to_vec(),
        ),
        (
            format!(
                "{counted} INSERT INTO manifests (project_id, repository_id, digest, {row}
                 FROM repositories r, n WHERE r.name LIKE 'project-%/app-%'"
            ),
            args![each as i64, begin].to_vec(),
        ),
        (
            "INSERT INTO tags (repository_id, name, sort_key, manifest_id, pushed_at)
             SELECT repository_id, 'build-' || id, 'build-' || id, id, pushed_at FROM manifests WHERE pushed_by = 'bench'"
                .to_owned(),
            Vec::new(),
        ),
        (
            // Every second artifact is signed.
            format!(
                "INSERT INTO manifests (project_id, repository_id, digest, media_type, config_media_type, artifact_type, kind,
                   manifest_size, size, subject, accessory, pushed_by, pushed_at)
                 SELECT project_id, repository_id, {digest}, media_type, config_media_type,
                   'application/vnd.cncf.notary.signature', 'UNKNOWN', 500, 600, digest, 'signature.notation', 'signer', pushed_at
                 FROM manifests WHERE pushed_by = 'bench' AND id % 2 = 0"
            ),
            Vec::new(),
        ),
        (
            format!(
                "{counted} INSERT INTO users (username, created_at, updated_at)
                 SELECT 'person-' || substr(CAST(1000000 + i AS TEXT), 2), $2, $2 FROM n"
            ),
            args![people as i64, begin].to_vec(),
        ),
        (
            format!(
                "INSERT INTO members (project_id, user_id, role, created_at, updated_at)
                 SELECT {crowded}, id, 2, $1, $1 FROM users WHERE username LIKE 'person-%'"
            ),
            args![begin].to_vec(),
        ),
        (
            format!(
                "{counted} INSERT INTO identities (kind, name, project_id, secret_hash, created_at, updated_at)
                 SELECT 'robot', '{CROWDED}+robot-' || substr(CAST(1000000 + i AS TEXT), 2), {crowded}, {random}, $2 + i, $2 FROM n"
            ),
            args![people as i64, begin].to_vec(),
        ),
        (
            format!(
                "{counted} INSERT INTO identities (kind, name, secret_hash, created_at, updated_at)
                 SELECT 'robot', 'robot-' || substr(CAST(1000000 + i AS TEXT), 2), {random}, $2 + i, $2 FROM n"
            ),
            args![people as i64, begin].to_vec(),
        ),
        (
            format!(
                "{counted} INSERT INTO labels (name, color, created_at, updated_at)
                 SELECT 'label-' || substr(CAST(1000000 + i AS TEXT), 2), '#112233', $2, $2 FROM n"
            ),
            args![people as i64, begin].to_vec(),
        ),
        (
            "INSERT INTO artifact_labels (manifest_id, label_id, created_at)
             SELECT m.id, l.id, m.pushed_at FROM manifests m JOIN labels l ON l.name = 'label-' || substr(CAST(1000000 + m.id % 10 AS TEXT), 2)
             WHERE m.pushed_by = 'bench'"
                .to_owned(),
            Vec::new(),
        ),
        (
            format!(
                "{counted} INSERT INTO audit (at, username, operation, resource_type, resource, project_id, description, successful)
                 SELECT $2 + i * {STEP}, 'person-' || substr(CAST(1000000 + i % $3 AS TEXT), 2), 'create', 'artifact', 'project-' || substr(CAST(1000000 + i % $4 AS TEXT), 2) || '/app-0:build-' || i,
                   (SELECT MIN(id) FROM projects WHERE name LIKE 'project-%') + i % $4, 'push artifact', TRUE FROM n"
            ),
            args![entries as i64, begin, people as i64, projects as i64].to_vec(),
        ),
    ];
    let analyze = (db.backend() == Backend::Postgres).then(|| ("ANALYZE".to_owned(), Vec::new()));
    for statement in statements.into_iter().chain(analyze) {
        db.write(statement, |tx, (sql, args)| {
            Box::pin(async move {
                tx.execute(sql, args).await?;
                Ok::<_, DbError>(())
            })
        })
        .await?;
    }
    Ok(())
}
