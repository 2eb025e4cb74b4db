//! What lies inside an archive: the documents of a chart or of a model.
//!
//! An archive comes from whoever pushed it, so nothing in it is believed: it is read as a stream, within bounds on what is
//! packed, on what comes out, on the number of entries and on the one file that is kept.

use std::io::{self, Read};

use berth_types::Digest;
use flate2::read::MultiGzDecoder;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Domain, Error, Result, storage, turn::in_turn};

/// The largest archive that is looked into, in bytes.
const ARCHIVE_SIZE_BYTES_MAX: usize = 20 << 20;
/// The most that may come out of it, in bytes. Helm itself refuses more.
const UNPACKED_SIZE_BYTES_MAX: u64 = 100 << 20;
/// The largest document, in bytes. Helm itself refuses more.
const FILE_SIZE_BYTES_MAX: u64 = 5 << 20;
/// The most entries.
const ENTRIES_MAX: usize = 10_000;
/// The longest name that an entry may have beside its header, in bytes.
const NAME_SIZE_BYTES_MAX: u64 = 64 << 10;
const BLOCK_SIZE_BYTES: usize = 512;

/// Each reader may hold an archive and a document in memory, and keeps a processor busy.
static TURNS: Semaphore = Semaphore::const_new(2);

/// Where in an archive a document lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the only folder at the top, as charts are packed.
    InFolder,
    /// Anywhere, as models are packed: each document has an archive of its own.
    Anywhere,
}

/// The right to hold a layer in memory, until it is dropped.
pub(crate) async fn turn() -> Result<SemaphorePermit<'static>> {
    TURNS.acquire().await.map_err(Error::internal)
}

/// The first of the files that have a name, without regard to case; nothing where there is none, or no such archive.
///
/// # Errors
/// [`Error::Unprocessable`] for what is no archive, or unpacks to more than is read.
pub(crate) async fn file(domain: &Domain, digest: &Digest, place: Place, name: &str) -> Result<Option<Vec<u8>>> {
    let turn = turn().await?;
    let Some(blob) = domain.blobs.open(digest).await.map_err(storage::error)? else { return Ok(None) };
    let packed = match berth_storage::read_all(&*blob, ARCHIVE_SIZE_BYTES_MAX).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => return Err(refused(&Refusal::Packed)),
        bytes => bytes?,
    };
    let name = name.to_owned();
    let (found, _turn) = in_turn(turn, move || find(&packed, place, &name)).await?;
    found.map_err(|refusal| refused(&refusal))
}

fn refused(refusal: &Refusal) -> Error {
    Error::Unprocessable(format!("the archive cannot be read: {refusal}"))
}

/// Why an archive is not read.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("it is larger than {} MiB", ARCHIVE_SIZE_BYTES_MAX >> 20)]
    Packed,
    #[error("it unpacks to more than {} MiB", UNPACKED_SIZE_BYTES_MAX >> 20)]
    Unpacked,
    #[error("the file is larger than {} MiB", FILE_SIZE_BYTES_MAX >> 20)]
    File,
    #[error("it has more than {ENTRIES_MAX} entries")]
    Entries,
    #[error("an entry is damaged")]
    Damaged,
    #[error("it is damaged: {0}")]
    Stream(#[from] io::Error),
}

fn find(packed: &[u8], place: Place, name: &str) -> std::result::Result<Option<Vec<u8>>, Refusal> {
    if packed.starts_with(&[0x1f, 0x8b]) {
        return find_in(MultiGzDecoder::new(packed), place, name);
    }
    find_in(packed, place, name)
}

fn find_in(archive: impl Read, place: Place, name: &str) -> std::result::Result<Option<Vec<u8>>, Refusal> {
    let mut archive = Archive { source: archive, left: UNPACKED_SIZE_BYTES_MAX };
    let mut long_name = None;
    for _ in 0..ENTRIES_MAX {
        let Some(header) = archive.header()? else { return Ok(None) };
        match header.kind {
            Kind::LongName => long_name = Some(archive.name(header.size)?),
            Kind::Attributes => long_name = path_of(&archive.name(header.size)?).or(long_name),
            Kind::File => {
                let path = long_name.take().unwrap_or(header.path);
                if fits(&path, place, name) {
                    if header.size > FILE_SIZE_BYTES_MAX {
                        return Err(Refusal::File);
                    }
                    return Ok(Some(archive.take(header.size)?));
                }
                archive.skip(padded(header.size))?;
            }
            Kind::Other => {
                long_name = None;
                archive.skip(padded(header.size))?;
            }
        }
    }
    Err(Refusal::Entries)
}

fn fits(path: &[u8], place: Place, name: &str) -> bool {
    let Ok(path) = std::str::from_utf8(path) else { return false };
    let path = path.trim_start_matches("./");
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let placed = match place {
        Place::InFolder => !folder.is_empty() && !folder.contains('/'),
        Place::Anywhere => true,
    };
    placed && file.eq_ignore_ascii_case(name)
}

/// The path among the attributes of the next entry (POSIX, "pax Header Block": `<length> <key>=<value>\n`).
fn path_of(attributes: &[u8]) -> Option<Vec<u8>> {
    let mut rest = attributes;
    let mut path = None;
    loop {
        let space = rest.iter().position(|byte| *byte == b' ')?;
        let length: usize = std::str::from_utf8(rest.get(..space)?).ok()?.parse().ok()?;
        let record = rest.get(space + 1..length)?.strip_suffix(b"\n")?;
        if let Some(value) = record.strip_prefix(b"path=") {
            path = Some(value.to_vec());
        }
        rest = rest.get(length..)?;
        if rest.is_empty() {
            return path;
        }
    }
}

/// What an entry is, as far as it matters here.
enum Kind {
    File,
    /// The name of the next entry, which is too long for its header (GNU).
    LongName,
    /// More about the next entry (pax).
    Attributes,
    Other,
}

struct Header {
    path: Vec<u8>,
    size: u64,
    kind: Kind,
}

struct Archive<R> {
    source: R,
    /// How much more may come out.
    left: u64,
}

impl<R: Read> Archive<R> {
    /// The next header; nothing at the end, which need not be marked.
    fn header(&mut self) -> std::result::Result<Option<Header>, Refusal> {
        let mut block = [0; BLOCK_SIZE_BYTES];
        let mut filled = 0;
        while filled < block.len() {
            match self.source.read(block.get_mut(filled..).unwrap_or_default())? {
                0 if filled == 0 => return Ok(None),
                0 => return Err(Refusal::Damaged),
                read => filled += read,
            }
        }
        self.spend(BLOCK_SIZE_BYTES as u64)?;
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let field = |from: usize, to: usize| block.get(from..to).unwrap_or_default();
        let checksum = number(field(148, 156)).ok_or(Refusal::Damaged)?;
        let sum: u64 = block
            .iter()
            .enumerate()
            .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u64::from(*byte) })
            .sum();
        if sum != checksum {
            return Err(Refusal::Damaged);
        }
        let size = number(field(124, 136)).ok_or(Refusal::Damaged)?;
        let kind = match block.get(156) {
            Some(b'0' | 0 | b'7') => Kind::File,
            Some(b'L') => Kind::LongName,
            Some(b'x') => Kind::Attributes,
            _ => Kind::Other,
        };
        let (name, prefix) = (until_zero(field(0, 100)), until_zero(field(345, 500)));
        let is_ustar = field(257, 263) == b"ustar\0";
        let path = if is_ustar && !prefix.is_empty() { [prefix, b"/", name].concat() } else { name.to_vec() };
        Ok(Some(Header { path, size, kind }))
    }

    fn spend(&mut self, size: u64) -> std::result::Result<(), Refusal> {
        self.left = self.left.checked_sub(size).ok_or(Refusal::Unpacked)?;
        Ok(())
    }

    fn skip(&mut self, size: u64) -> std::result::Result<(), Refusal> {
        self.spend(size)?;
        io::copy(&mut self.source.by_ref().take(size), &mut io::sink())?;
        Ok(())
    }

    fn take(&mut self, size: u64) -> std::result::Result<Vec<u8>, Refusal> {
        self.spend(size)?;
        let mut bytes = Vec::new();
        self.source.by_ref().take(size).read_to_end(&mut bytes)?;
        if bytes.len() as u64 == size { Ok(bytes) } else { Err(Refusal::Damaged) }
    }

    fn name(&mut self, size: u64) -> std::result::Result<Vec<u8>, Refusal> {
        if size > NAME_SIZE_BYTES_MAX {
            return Err(Refusal::Damaged);
        }
        let mut bytes = self.take(padded(size))?;
        bytes.truncate(size as usize);
        bytes.truncate(until_zero(&bytes).len());
        Ok(bytes)
    }
}

/// Entries begin at whole blocks.
fn padded(size: u64) -> u64 {
    size.checked_next_multiple_of(BLOCK_SIZE_BYTES as u64).unwrap_or(u64::MAX)
}

fn until_zero(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// Octal digits, or eight bytes after a mark, where octal digits do not suffice (GNU).
fn number(field: &[u8]) -> Option<u64> {
    if let Some((0x80, rest)) = field.split_first() {
        let (high, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
        return high.iter().all(|byte| *byte == 0).then(|| low.try_into().ok().map(u64::from_be_bytes)).flatten();
    }
    let text = std::str::from_utf8(until_zero(field)).ok()?.trim();
    if text.is_empty() { Some(0) } else { u64::from_str_radix(text, 8).ok() }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn entry(name: &[u8], kind: u8, size: u64, bytes: &[u8]) -> Vec<u8> {
        let mut header = vec![0; BLOCK_SIZE_BYTES];
        header[..name.len()].copy_from_slice(name);
        header[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        header[156] = kind;
        header[257..263].copy_from_slice(b"ustar\0");
        header[148..156].copy_from_slice(b"        ");
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        header.extend_from_slice(bytes);
        header.resize(header.len().next_multiple_of(BLOCK_SIZE_BYTES), 0);
        header
    }

    fn plain(name: &str, text: &str) -> Vec<u8> {
        entry(name.as_bytes(), b'0', text.len() as u64, text.as_bytes())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn look(archive: &[u8], place: Place, name: &str) -> std::result::Result<Option<String>, String> {
        let found = find(archive, place, name).map_err(|refusal| refusal.to_string())?;
        Ok(found.map(|bytes| String::from_utf8(bytes).unwrap()))
    }

    #[test]
    fn the_document_of_the_chart_itself_is_found() {
        let archive = [
            plain("app/charts/db/values.yaml", "of a dependency"),
            plain("values.yaml", "of nobody"),
            plain("app/values.yaml", "replicas: 1\n"),
            plain("app/README.md", "# app"),
            vec![0; 2 * BLOCK_SIZE_BYTES],
        ]
        .concat();
        for archive in [archive.clone(), gzip(&archive)] {
            assert_eq!(look(&archive, Place::InFolder, "values.yaml"), Ok(Some("replicas: 1\n".to_owned())));
            assert_eq!(look(&archive, Place::InFolder, "readme.md"), Ok(Some("# app".to_owned())));
            assert_eq!(look(&archive, Place::InFolder, "LICENSE"), Ok(None));
            assert_eq!(look(&archive, Place::Anywhere, "values.yaml"), Ok(Some("of a dependency".to_owned())));
        }
    }

    #[test]
    fn long_names_stand_before_their_entry() {
        let folder = "a".repeat(120);
        let path = format!("{folder}/values.yaml");
        let gnu = entry(b"././@LongLink", b'L', path.len() as u64 + 1, format!("{path}\0").as_bytes());
        let record = format!(" path={path}\n");
        let length = record.len() + 3;
        let record = format!("{length}{record}");
        let pax = entry(b"pax", b'x', record.len() as u64, record.as_bytes());
        for name in [gnu, pax] {
            let archive = [name, plain("short", "long"), plain("app/values.yaml", "later")].concat();
            assert_eq!(look(&archive, Place::InFolder, "values.yaml"), Ok(Some("long".to_owned())));
        }
    }

    #[test]
    fn links_and_folders_are_no_documents() {
        let archive = [entry(b"app/values.yaml", b'2', 0, b""), entry(b"app/values.yaml", b'5', 0, b"")].concat();
        assert_eq!(look(&archive, Place::InFolder, "values.yaml"), Ok(None));
    }

    #[test]
    fn a_bomb_is_refused() {
        let size = UNPACKED_SIZE_BYTES_MAX + 1;
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&entry(b"app/x", b'0', size, b"")).unwrap();
        io::copy(&mut io::repeat(0).take(size), &mut encoder).unwrap();
        let bomb = encoder.finish().unwrap();
        assert!(bomb.len() < 1 << 20);
        assert!(look(&bomb, Place::InFolder, "values.yaml").unwrap_err().contains("100 MiB"));

        let large = entry(b"app/values.yaml", b'0', FILE_SIZE_BYTES_MAX + 1, b"");
        assert!(look(&large, Place::InFolder, "values.yaml").unwrap_err().contains("5 MiB"));
        let many = gzip(&plain("app/x", "").repeat(ENTRIES_MAX + 1));
        assert!(look(&many, Place::InFolder, "values.yaml").unwrap_err().contains("entries"));
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let short = &entry(b"app/values.yaml", b'0', 100, b"x")[..BLOCK_SIZE_BYTES + 3];
        let mut wrong = plain("app/values.yaml", "x");
        wrong[0] = b'b';
        let cut = gzip(&plain("app/values.yaml", "x"));
        for bytes in [&b"hello"[..], short, &wrong, &cut[..cut.len() / 2]] {
            assert!(look(bytes, Place::InFolder, "values.yaml").is_err());
        }
        assert_eq!(look(b"", Place::InFolder, "values.yaml"), Ok(None));
        let mut huge = plain("app/x", "");
        huge[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
        assert!(look(&huge, Place::InFolder, "values.yaml").is_err(), "its checksum is wrong, and so is its size");
        assert_eq!(padded(u64::MAX), u64::MAX);
    }
}
