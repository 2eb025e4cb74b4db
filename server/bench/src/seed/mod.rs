//! What is stored before anything is measured: pushed through the API where that is quick, and written straight into
//! the store where it would take each registry minutes.

mod berth;
mod distribution;
mod lists;
mod zot;

use anyhow::Context;

use crate::{
    bulk, load,
    load::Shape,
    registry::{self, EMPTY, Image, MANIFEST},
    target::{Anonymous, Kind, Running, Target},
};

pub use berth::{KEPT, blob_rows, garbage, open, quota, robot};
pub use lists::{CROWDED, LARGE, rows};

/// The repository with one tag.
pub const ONE: &str = "library/one";
/// The repository with very many tags.
pub const MANY: &str = "library/many";
/// The repository whose tags move.
pub const MOVES: &str = "library/moves";
/// The repository with an image that very many manifests refer to.
pub const REFERRED: &str = "library/referred";
/// The artifact type of most referrers …
pub const COMMON_TYPE: &str = "application/vnd.example.sbom.v1";
/// … and of every thousandth.
pub const RARE_TYPE: &str = "application/vnd.example.signature.v1";

/// How much is stored.
#[derive(Clone, Copy, Debug)]
pub struct Amounts {
    /// Tags of [`MANY`].
    pub tags: usize,
    /// Tags of [`MOVES`].
    pub moves: usize,
    /// Manifests that refer to the image of [`REFERRED`], in a store of their own.
    pub referrers: usize,
    /// Repositories, in a store of their own.
    pub repositories: usize,
    /// Projects, in the store of long lists.
    pub projects: usize,
    /// Artifacts there.
    pub artifacts: usize,
    /// Entries of its audit log.
    pub entries: usize,
}

/// What is stored, and the same in every store.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The image of [`ONE`].
    pub one: Image,
    /// A blob of 1 MiB in [`ONE`].
    pub mebibyte: String,
    /// The image of [`MANY`].
    pub many: Image,
    /// The two images of [`MOVES`] between which tags move.
    pub moves: [Image; 2],
}

/// The name of a tag by its number.
pub fn tag(number: usize) -> String {
    format!("build-{number:06}")
}

/// The name of a repository of the catalog by its number.
pub fn repository(number: usize) -> String {
    format!("library/app-{number:06}")
}

/// A manifest that refers to another.
fn referrer(number: usize, subject: &Image) -> (Vec<u8>, &'static str) {
    let artifact_type = if number % 1000 == 7 { RARE_TYPE } else { COMMON_TYPE };
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": artifact_type,
        "config": {
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": registry::digest(EMPTY),
            "size": EMPTY.len(),
        },
        "layers": [{
            "mediaType": "application/vnd.oci.empty.v1+json",
            "digest": registry::digest(EMPTY),
            "size": EMPTY.len(),
        }],
        "subject": { "mediaType": MANIFEST, "digest": subject.digest, "size": subject.manifest.len() },
        "annotations": { "org.example.number": number.to_string() },
    });
    (manifest.to_string().into_bytes(), artifact_type)
}

/// Fills the store of a target, which does not run.
///
/// # Errors
/// Where it does not take what it should.
pub async fn fill(target: &Target, amounts: Amounts) -> anyhow::Result<Stored> {
    let server = target.start(&[], Anonymous::All, &[])?;
    let stored = push(&server).await.with_context(|| format!("filling {}", target.name))?;
    server.stop()?;
    let store = target.store();
    match target.kind {
        Kind::Berth => {
            berth::add_tags(&store, MANY, amounts.tags).await?;
            berth::add_tags(&store, MOVES, amounts.moves).await?;
            berth::quota(&store, 1 << 50).await?;
        }
        Kind::Distribution | Kind::DockerRegistry => {
            let root = distribution::root(&store);
            distribution::add_tags(&root, MANY, &stored.many.digest, amounts.tags)?;
            distribution::add_tags(&root, MOVES, &stored.moves[0].digest, amounts.moves)?;
        }
        Kind::Zot => {
            zot::add_tags(&store, MANY, &stored.many, amounts.tags)?;
            zot::add_tags(&store, MOVES, &stored.moves[0], amounts.moves)?;
        }
    }
    Ok(stored)
}

async fn push(server: &Running) -> anyhow::Result<Stored> {
    let mut connection = server.connect().await?;
    let one = registry::push_image(&mut connection, ONE, "v1", "one").await?;
    let mebibyte = registry::push_blob(&mut connection, ONE, &bulk::noise(1 << 20), None).await?;
    let many = registry::push_image(&mut connection, MANY, "v1", "many").await?;
    let first = registry::push_image(&mut connection, MOVES, "v1", "first").await?;
    let second = registry::push_image(&mut connection, MOVES, "v2", "second").await?;
    Ok(Stored { one, mebibyte, many, moves: [first, second] })
}

/// Fills the store of a target, which does not run, with an image and what refers to it; says the image.
///
/// # Errors
/// Where it does not take what it should.
pub async fn fill_referrers(target: &Target, count: usize) -> anyhow::Result<Image> {
    let server = target.start(&[], Anonymous::All, &[])?;
    let mut connection = server.connect().await?;
    let subject = registry::push_image(&mut connection, REFERRED, "v1", "referred").await?;
    registry::push_blob(&mut connection, REFERRED, EMPTY, None).await?;
    drop(connection);
    if target.kind == Kind::Berth {
        let shape = Shape::closed(16, std::time::Duration::from_secs(600)).at_most(count);
        let subject = &subject;
        load::run(&server, shape, async |number, connection| {
            let (manifest, _) = referrer(number, subject);
            let digest = registry::digest(&manifest);
            connection.want(&registry::put_manifest(REFERRED, &digest, MANIFEST, &manifest, None), 201).await
        })
        .await?;
    }
    // zot notes at leisure that a store is as it should be; only then does its next start not look through all of it.
    server.settle()?;
    server.stop()?;
    let store = target.store();
    match target.kind {
        Kind::Berth => {}
        Kind::Distribution | Kind::DockerRegistry => {
            distribution::add_referrers(&distribution::root(&store), &subject, count)?;
        }
        Kind::Zot => zot::add_referrers(&store, &subject, count)?,
    }
    Ok(subject)
}

/// Fills the store of a target, which does not run, with repositories of one small image each.
///
/// # Errors
/// Where it does not take what it should.
pub async fn fill_catalog(target: &Target, count: usize) -> anyhow::Result<()> {
    let server = target.start(&[], Anonymous::All, &[])?;
    let shape = Shape::closed(16, std::time::Duration::from_secs(600)).at_most(count);
    let pushed = load::run(&server, shape, async |number, connection| {
        let repo = repository(number);
        let blob = registry::push_blob(connection, &repo, EMPTY, None).await?;
        let manifest = registry::manifest((&blob, EMPTY.len()), &[(blob.clone(), EMPTY.len())]);
        connection.want(&registry::put_manifest(&repo, "v1", MANIFEST, &manifest, None), 201).await
    })
    .await?;
    anyhow::ensure!(pushed.count == count, "{} repositories instead of {count}", pushed.count);
    server.settle()?;
    server.stop()
}
