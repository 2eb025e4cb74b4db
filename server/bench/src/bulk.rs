//! Large blobs: pushed and pulled by blocking threads, which cost the machine least.

use std::{
    io::{IoSlice, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use sha2::{Digest as _, Sha256};

use crate::{
    http::{self, Framing},
    kernel::Memory,
};

/// Bytes of a chunk of a streamed push, and of the buffer of a pull.
const PIECE_BYTES: usize = 256 << 10;
/// Bytes of a chunk of a chunked push, as clients that resume send them.
const CHUNK_BYTES: usize = 10 << 20;
/// The bytes at the end of a blob that make it new.
const TAIL_BYTES: usize = 64;
/// How long a peer may be silent.
const SILENCE: Duration = Duration::from_secs(120);
/// Rest between two looks at a process's memory.
const SAMPLE_PAUSE: Duration = Duration::from_millis(5);

/// A large blob that no file system can shorten, new as often as one likes.
pub struct Content {
    bytes: Vec<u8>,
    /// The hash of all but the tail: a new digest costs one block.
    hashed: Sha256,
}

impl Content {
    /// So many bytes of noise.
    pub fn new(length: usize) -> Self {
        let bytes = noise(length.max(TAIL_BYTES));
        let hashed = Sha256::new_with_prefix(&bytes[..bytes.len() - TAIL_BYTES]);
        Content { bytes, hashed }
    }

    /// Makes it new and says its digest. No two numbers give the same content.
    pub fn renew(&mut self, number: u64) -> String {
        let tail = self.bytes.len() - TAIL_BYTES;
        self.bytes[tail..tail + 8].copy_from_slice(&number.to_le_bytes());
        let digest = self.hashed.clone().chain_update(&self.bytes[tail..]).finalize();
        berth_types::Digest::Sha256(digest.into()).to_string()
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its size in MiB.
    pub fn mib(&self) -> f64 {
        self.bytes.len() as f64 / f64::from(1 << 20)
    }
}

/// Bytes that no file system can shorten.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// How a blob is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// POST, then PUT with everything.
    Monolithic,
    /// POST, PATCH without a length, PUT; as docker does.
    Streamed,
    /// POST, PATCH after PATCH with a range each, PUT.
    Chunked,
}

/// Pushes a blob and waits until it is acknowledged.
///
/// # Errors
/// Where the server does not take it.
pub fn push(address: SocketAddr, repo: &str, content: &Content, digest: &str, way: Way) -> anyhow::Result<()> {
    let mut wire = Wire::open(address)?;
    let all = content.bytes();
    let mut location = wire.send("POST", &format!("/v2/{repo}/blobs/uploads/"), &[], b"")?.accepted(202)?;
    match way {
        Way::Monolithic => {}
        Way::Streamed => {
            let headers = [("Content-Type", "application/octet-stream"), ("Transfer-Encoding", "chunked")];
            wire.stream.write_all(format!("{}\r\n", http::head("PATCH", &location, &headers)).as_bytes())?;
            for piece in all.chunks(PIECE_BYTES) {
                let length = format!("{:x}\r\n", piece.len());
                write_all(&mut wire.stream, &[length.as_bytes(), piece, b"\r\n"])?;
            }
            wire.stream.write_all(b"0\r\n\r\n")?;
            location = wire.answer()?.accepted(202)?;
        }
        Way::Chunked => {
            let mut from = 0;
            for chunk in all.chunks(CHUNK_BYTES) {
                let range = format!("{from}-{}", from + chunk.len() - 1);
                let headers = [("Content-Type", "application/octet-stream"), ("Content-Range", range.as_str())];
                location = wire.send("PATCH", &location, &headers, chunk)?.accepted(202)?;
                from += chunk.len();
            }
        }
    }
    let separator = if location.contains('?') { '&' } else { '?' };
    let path = format!("{location}{separator}digest={digest}");
    let rest = if way == Way::Monolithic { all } else { b"" };
    let answer = wire.send("PUT", &path, &[("Content-Type", "application/octet-stream")], rest)?;
    ensure!(answer.status == 201, "the push was not acknowledged: {}", answer.status);
    Ok(())
}

/// Pulls a blob and throws it away; says how many bytes came.
///
/// # Errors
/// Where the server does not send all of it.
pub fn pull(address: SocketAddr, repo: &str, digest: &str) -> anyhow::Result<u64> {
    let mut wire = Wire::open(address)?;
    let path = format!("/v2/{repo}/blobs/{digest}");
    wire.stream.write_all(http::Request::new("GET", &path, &[]).wire())?;
    let (head, rest) = wire.head()?;
    let (status, framing) = http::skim(head.as_bytes(), false)?;
    ensure!(status == 200, "pull: {status}");
    let Framing::Length(length) = framing else { anyhow::bail!("a blob comes with its length") };
    let mut buffer = vec![0; PIECE_BYTES];
    let mut seen = rest.len() as u64;
    while seen < length {
        let read = wire.stream.read(&mut buffer)?;
        ensure!(read > 0, "the pull broke off after {seen} of {length} bytes");
        seen += read as u64;
    }
    Ok(seen)
}

/// Pulls the same blob several times at once; says how long all of it took.
///
/// # Errors
/// As [`pull`].
pub fn pull_at_once(address: SocketAddr, repo: &str, digest: &str, times: usize) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let pulls: Vec<_> = (0..times).map(|_| scope.spawn(|| pull(address, repo, digest))).collect();
        pulls.into_iter().try_for_each(|pull| pull.join().map_err(|_| anyhow::anyhow!("a pull panicked"))?.map(drop))
    })?;
    Ok(begun.elapsed())
}

/// Looks at a process's own memory all the time until this is ended.
pub struct PeakWatch {
    stop: std::sync::Arc<(AtomicBool, AtomicU64)>,
    thread: std::thread::JoinHandle<()>,
}

impl PeakWatch {
    /// Begins.
    pub fn begin(pid: u32) -> Self {
        let stop = std::sync::Arc::new((AtomicBool::new(false), AtomicU64::new(0)));
        let shared = stop.clone();
        let thread = std::thread::spawn(move || {
            let (stop, peak) = &*shared;
            while !stop.load(Ordering::Relaxed) {
                if let Ok(memory) = Memory::of(pid) {
                    peak.fetch_max(memory.own_kib, Ordering::Relaxed);
                }
                std::thread::sleep(SAMPLE_PAUSE);
            }
        });
        PeakWatch { stop, thread }
    }

    /// Ends, and says the most it saw, in MiB.
    pub fn end(self) -> f64 {
        self.stop.0.store(true, Ordering::Relaxed);
        // A watch that panicked has seen what it has seen.
        let _ = self.thread.join();
        self.stop.1.load(Ordering::Relaxed) as f64 / 1024.0
    }
}

/// A blocking connection.
struct Wire {
    stream: TcpStream,
}

struct Reply {
    status: u16,
    head: String,
}

impl Reply {
    /// Where the upload goes on.
    fn accepted(self, status: u16) -> anyhow::Result<String> {
        ensure!(self.status == status, "upload: {} instead of {status}", self.status);
        let location = http::header(&self.head, "location").context("an upload has a location")?;
        Ok(path_of(location).to_owned())
    }
}

/// The path of an address, which may be absolute.
pub fn path_of(location: &str) -> &str {
    match location.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
        None => location,
    }
}

impl Wire {
    fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_write_timeout(Some(SILENCE))?;
        Ok(Wire { stream })
    }

    fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> anyhow::Result<Reply> {
        let head = format!("{}Content-Length: {}\r\n\r\n", http::head(method, path, headers), body.len());
        write_all(&mut self.stream, &[head.as_bytes(), body])?;
        self.answer()
    }

    fn answer(&mut self) -> anyhow::Result<Reply> {
        let (head, rest) = self.head()?;
        let (status, framing) = http::skim(head.as_bytes(), false)?;
        let Framing::Length(length) = framing else { anyhow::bail!("{status} with an answer of unknown length") };
        let mut body = vec![0; usize::try_from(length)?.saturating_sub(rest.len())];
        self.stream.read_exact(&mut body)?;
        Ok(Reply { status, head })
    }

    /// The head, and what came behind it already.
    fn head(&mut self) -> anyhow::Result<(String, Vec<u8>)> {
        let mut seen = Vec::with_capacity(4096);
        loop {
            if let Some(at) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                let rest = seen.split_off(at + 4);
                return Ok((String::from_utf8_lossy(&seen).into_owned(), rest));
            }
            let mut piece = [0; 4096];
            let read = self.stream.read(&mut piece)?;
            ensure!(read > 0, "the server closed the connection");
            seen.extend_from_slice(&piece[..read]);
        }
    }
}

/// Writes several slices as one, without copying them together.
fn write_all(stream: &mut TcpStream, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    let mut left = slices.as_mut_slice();
    while left.iter().any(|slice| !slice.is_empty()) {
        let written = stream.write_vectored(left)?;
        if written == 0 {
            return Err(std::io::ErrorKind::WriteZero.into());
        }
        IoSlice::advance_slices(&mut left, written);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_new_each_time_and_its_digest_is_right() {
        let mut content = Content::new(1000);
        let first = content.renew(1);
        let whole = berth_types::Digest::Sha256(Sha256::digest(content.bytes()).into()).to_string();
        assert_eq!(first, whole);
        assert_ne!(first, content.renew(2));
        assert_eq!(first, content.renew(1));
    }

    #[test]
    fn locations_may_be_absolute() {
        assert_eq!(path_of("http://localhost:5000/v2/a?b=c://d"), "/v2/a?b=c://d");
        assert_eq!(path_of("/v2/a"), "/v2/a");
        assert_eq!(path_of("http://localhost"), "/");
    }
}
