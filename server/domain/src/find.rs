//! The search over everything that a caller may see: names by their beginning or a part, artifacts by their digest.

use berth_db::{Conn, query::find as rows};
use berth_types::{Digest, api::SearchHit, name::natural_key};

use crate::{ActorKind, Domain, Error, Result, authz::Visible};

/// Hits of each kind where the request does not say how many.
pub const HITS_DEFAULT: i64 = 6;
/// The most hits of each kind.
pub const HITS_MAX: i64 = 100;
/// The longest text that is looked for, in bytes.
const TEXT_BYTES_MAX: usize = 512;
/// From so many bytes on a text is looked for among the tags of all repositories.
const TAG_BYTES_MIN: usize = 2;
/// From so many hexadecimal digits on a text is looked for among digests.
const DIGEST_DIGITS_MIN: usize = 4;

/// What a search finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Projects by name.
    Project,
    /// Repositories by full name.
    Repository,
    /// Tags by name, or as `repository:tag`.
    Tag,
    /// Artifacts by digest.
    Artifact,
    /// People, for administrators.
    User,
    /// Robots, for administrators.
    Robot,
}

impl Kind {
    /// All of them, in the order of an answer.
    pub const ALL: [Kind; 6] = [Kind::Project, Kind::Repository, Kind::Tag, Kind::Artifact, Kind::User, Kind::Robot];

    /// As the API writes it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Project => "project",
            Kind::Repository => "repository",
            Kind::Tag => "tag",
            Kind::Artifact => "artifact",
            Kind::User => "user",
            Kind::Robot => "robot",
        }
    }

    /// Reads [`Kind::as_str`] back.
    ///
    /// # Errors
    /// [`Error::BadRequest`] for other words.
    pub fn parse(word: &str) -> Result<Self> {
        let found = Kind::ALL.into_iter().find(|kind| kind.as_str() == word);
        found.ok_or_else(|| Error::BadRequest(format!("nothing is called \"{word}\" here")))
    }
}

/// What a text finds among the things that somebody may see: at most `limit` of each kind, the best first. One kind alone
/// where it is given.
///
/// # Errors
/// What the database says.
pub async fn everything(
    domain: &Domain,
    visible: &Visible,
    text: &str,
    kind: Option<Kind>,
    limit: i64,
) -> Result<Vec<SearchHit>> {
    let wanted = Wanted::read(text);
    let limit = limit.clamp(1, HITS_MAX);
    let Some(wanted) = wanted else { return Ok(Vec::new()) };
    let prefix = domain.settings().await?.robot_name_prefix().to_owned();
    let mut reader = domain.db.reader().await?;
    let mut conn = reader.conn();
    let mut hits = Vec::new();
    for each in Kind::ALL.into_iter().filter(|each| kind.is_none_or(|kind| kind == *each) && may(visible, *each)) {
        hits.append(&mut of_kind(&mut conn, visible, &wanted, each, limit, &prefix).await?);
    }
    Ok(hits)
}

/// Whether a caller finds things of a kind at all. Robots and registry tokens find names, as in Harbor's search; tags and
/// digests are for people and for what is public.
fn may(visible: &Visible, kind: Kind) -> bool {
    let actor = visible.actor();
    match kind {
        Kind::Project | Kind::Repository => true,
        Kind::Tag | Kind::Artifact => actor.grants.is_none() && !matches!(actor.kind, ActorKind::Robot { .. }),
        Kind::User | Kind::Robot => actor.grants.is_none() && actor.is_sysadmin(),
    }
}

async fn of_kind(
    conn: &mut Conn<'_>,
    visible: &Visible,
    wanted: &Wanted<'_>,
    kind: Kind,
    limit: i64,
    prefix: &str,
) -> Result<Vec<SearchHit>> {
    let scope = visible.scope();
    let hit = |name: &str| SearchHit { kind: kind.as_str().to_owned(), name: name.to_owned(), ..SearchHit::default() };
    Ok(match kind {
        Kind::Project => {
            let found = rows::projects(conn, &scope, &wanted.name, limit).await?;
            let shown = |row: &rows::Named| SearchHit { count: Some(row.count), ..hit(&row.name) };
            ranked(found, &wanted.name, limit).iter().map(shown).collect()
        }
        Kind::Repository => {
            let found = rows::repositories(conn, &scope, &wanted.name, limit).await?;
            let shown =
                |row: &rows::Named| SearchHit { count: Some(row.count), time: Some(row.updated_at), ..hit(&row.name) };
            ranked(found, &wanted.name, limit).iter().map(shown).collect()
        }
        Kind::Tag => {
            let Some((repository, tag)) = wanted.tag else { return Ok(Vec::new()) };
            // One letter says too little of a tag.
            if repository.is_none() && tag.len() < TAG_BYTES_MIN {
                return Ok(Vec::new());
            }
            let mut found = rows::tags(conn, &scope, repository, tag, limit).await?;
            found.sort_by_cached_key(|row| (row.tag != tag, natural_key(&row.tag), row.repository.clone()));
            let shown = |row: rows::Content| SearchHit {
                repository: row.repository,
                digest: row.digest.to_string(),
                artifact_kind: row.kind,
                time: Some(row.pushed_at),
                ..hit(&row.tag)
            };
            found.into_iter().map(shown).collect()
        }
        Kind::Artifact => {
            let Some((first, last)) = &wanted.digests else { return Ok(Vec::new()) };
            let found = rows::artifacts(conn, &scope, (first, last), limit).await?;
            let shown = |row: rows::Content| SearchHit {
                repository: row.repository,
                artifact_kind: row.kind,
                time: Some(row.pushed_at),
                ..hit(&row.digest.to_string())
            };
            found.into_iter().map(shown).collect()
        }
        Kind::User => {
            let found = rows::people(conn, wanted.text, limit).await?;
            let shown =
                |row: &rows::Named| SearchHit { id: Some(row.id), realname: row.more.clone(), ..hit(&row.name) };
            ranked(found, wanted.text, limit).iter().map(shown).collect()
        }
        Kind::Robot => {
            let text = wanted.text.strip_prefix(prefix).unwrap_or(wanted.text);
            let found = rows::robots(conn, text, limit).await?;
            let shown = |row: &rows::Named| SearchHit {
                id: Some(row.id),
                project: row.more.clone(),
                ..hit(&format!("{prefix}{}", row.name))
            };
            ranked(found, text, limit).iter().map(shown).collect()
        }
    })
}

/// The best first: the name itself, its last part, what begins so, a part that does, the rest; shorter before longer.
fn ranked(mut found: Vec<rows::Named>, text: &str, limit: i64) -> Vec<rows::Named> {
    let rank = |name: &str| {
        let mut parts = name.split(['/', '+', '-', '.', '_']);
        match () {
            () if name == text => 0,
            () if name.rsplit('/').next() == Some(text) => 1,
            () if name.starts_with(text) => 2,
            () if parts.any(|part| part.starts_with(text)) => 3,
            () => 4,
        }
    };
    found.sort_by(|a, b| (rank(&a.name), a.name.len(), &a.name).cmp(&(rank(&b.name), b.name.len(), &b.name)));
    found.truncate(usize::try_from(limit).unwrap_or_default());
    found
}

/// A text as each kind is looked for by it.
#[derive(Debug, PartialEq)]
struct Wanted<'t> {
    /// As it was written, without blanks around it.
    text: &'t str,
    /// As the name of a project or a repository.
    name: String,
    /// As a part of a repository's name, where there is one, and the beginning of a tag.
    tag: Option<(Option<&'t str>, &'t str)>,
    /// As the first and the last digest that begin so, as a column has them.
    digests: Option<(Vec<u8>, Vec<u8>)>,
}

impl<'t> Wanted<'t> {
    fn read(text: &'t str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > TEXT_BYTES_MAX || text.contains('\0') {
            return None;
        }
        // `repository@sha256:…` and `repository:tag` are how clients write it.
        let (name, rest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        let digests = digests(rest.unwrap_or(text));
        let tag = match (rest, name.rsplit_once(':')) {
            (Some(_), _) => None,
            (None, Some(_)) if digests.is_some() => None,
            (None, Some((repository, tag))) => Some((Some(repository), tag)),
            (None, None) if name.contains('/') => None,
            (None, None) => Some((None, name)),
        };
        let name = match tag {
            Some((Some(repository), _)) => repository,
            Some((None, _)) | None => name,
        };
        Some(Wanted { text, name: name.to_ascii_lowercase(), tag, digests })
    }
}

/// The first and the last digest that begin as written, as a column has them.
fn digests(text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
    let text = text.to_ascii_lowercase();
    let (algorithm, digits) = text.split_once(':').unwrap_or(("sha256", &text));
    let algorithm = match algorithm {
        "sha256" => Digest::Sha256([0; 32]),
        "sha512" => Digest::Sha512([0; 64]),
        _ => return None,
    };
    let digits_max = algorithm.hash().len() * 2;
    if !(DIGEST_DIGITS_MIN..=digits_max).contains(&digits.len()) {
        return None;
    }
    let filled = |with: u8| -> Option<Vec<u8>> {
        let mut column = algorithm.to_column();
        column.truncate(1);
        for place in (0..digits_max).step_by(2) {
            let digit = |place: usize| match digits.as_bytes().get(place) {
                Some(byte) => char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()),
                None => Some(with),
            };
            column.push((digit(place)? << 4) | digit(place + 1)?);
        }
        Some(column)
    };
    Some((filled(0)?, filled(0xf)?))
}

#[cfg(test)]
mod tests {
    use berth_types::Timestamp;

    use super::*;

    #[test]
    fn a_text_is_read_as_clients_write_it() {
        let read = |text| Wanted::read(text).unwrap();
        assert_eq!(read(" Team/App ").name, "team/app");
        assert_eq!(read("team/app").tag, None);
        assert_eq!(read("v1.2").tag, Some((None, "v1.2")));
        assert_eq!((read("app:v1").name.as_str(), read("app:v1").tag), ("app", Some((Some("app"), "v1"))));
        assert!(read("v1.2").digests.is_none() && read("abc").digests.is_none());
        let read = read("team/app@sha256:9F1");
        assert_eq!((read.name.as_str(), read.tag), ("team/app", None));
        assert!(read.digests.is_none());
        assert!(
            Wanted::read("  ").is_none() && Wanted::read("a\0").is_none() && Wanted::read(&"a".repeat(513)).is_none()
        );
    }

    #[test]
    fn the_beginning_of_a_digest_is_a_range() {
        let (first, last) = digests("9f1c2").unwrap();
        assert_eq!((first.len(), last.len()), (33, 33));
        assert_eq!((&first[..5], &last[..5]), (&[1, 0x9f, 0x1c, 0x20, 0][..], &[1, 0x9f, 0x1c, 0x2f, 0xff][..]));
        assert_eq!(digests("sha512:abcd").unwrap().0.len(), 65);
        assert_eq!(digests(&"a".repeat(64)).map(|(first, last)| first == last), Some(true));
        for nothing in ["abc", "xyzw", "md5:abcd", "abcg", &"a".repeat(65)] {
            assert!(digests(nothing).is_none(), "{nothing}");
        }
    }

    #[test]
    fn the_best_come_first() {
        let row = |name: &str| rows::Named {
            id: 1,
            name: name.to_owned(),
            count: 0,
            more: String::new(),
            updated_at: Timestamp(0),
        };
        let names = ["x/subapp", "app", "other/app", "appliance", "my-app/x", "team/app-longer"];
        let ranked = ranked(names.map(row).to_vec(), "app", 5);
        let ranked: Vec<&str> = ranked.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(ranked, ["app", "other/app", "appliance", "my-app/x", "team/app-longer"]);
    }
}
