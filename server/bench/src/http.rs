//! HTTP/1.1 as a load client needs it: requests are made once, answers are skimmed, nothing is allocated a request.

use std::net::SocketAddr;

use anyhow::{Context, bail, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Bytes of a connection's read buffer. Small: a thousand connections have one each.
const BUFFER_BYTES: usize = 64 << 10;

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub struct Request {
    wire: Vec<u8>,
    is_head: bool,
}

impl Request {
    /// A request without a body. `headers` are pairs of name and value.
    pub fn new(method: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        Self::with_body(method, path, headers, None)
    }

    /// A request with a body of known length.
    pub fn with_body(method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Self {
        let mut head = head(method, path, headers);
        match body {
            Some(body) => head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len())),
            // Some servers want a length on these even where there is nothing.
            None if matches!(method, "POST" | "PUT" | "PATCH") => head.push_str("Content-Length: 0\r\n\r\n"),
            None => head.push_str("\r\n"),
        }
        let mut wire = head.into_bytes();
        wire.extend_from_slice(body.unwrap_or_default());
        Request { wire, is_head: method == "HEAD" }
    }

    /// The bytes to send.
    pub fn wire(&self) -> &[u8] {
        &self.wire
    }
}

/// The head of a request up to its own headers, without the empty line that ends it.
pub fn head(method: &str, path: &str, headers: &[(&str, &str)]) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: berth-bench\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head
}

/// A whole answer, for requests that prepare a measurement.
#[derive(Debug, Default)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header by its name.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// Fails unless the status is the one that is wanted; says what the server said.
    pub fn expect(self, status: u16, what: &str) -> anyhow::Result<Self> {
        ensure!(self.status == status, "{what}: {} {}", self.status, String::from_utf8_lossy(&self.body));
        Ok(self)
    }
}

/// A header of a head by its name.
pub fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// So many bytes.
    Length(u64),
    /// Chunks, each with its length.
    Chunked,
}

/// Status and framing of a head, its empty line included.
///
/// # Errors
/// Where it is no head of HTTP/1.1 with a body whose end can be told.
pub fn skim(head: &[u8], is_head: bool) -> anyhow::Result<(u16, Framing)> {
    let status = head.get(9..12).and_then(|digits| std::str::from_utf8(digits).ok()).and_then(|text| text.parse().ok());
    let status: u16 = status.context("the answer has no status")?;
    if is_head || status == 204 || status == 304 {
        return Ok((status, Framing::Length(0)));
    }
    for line in head.split(|byte| *byte == b'\n').skip(1) {
        if let Some(value) = value_of(line, b"content-length:") {
            let text = std::str::from_utf8(value)?.trim();
            return Ok((status, Framing::Length(text.parse().context("no length")?)));
        }
        if value_of(line, b"transfer-encoding:").is_some() {
            return Ok((status, Framing::Chunked));
        }
    }
    bail!("the end of the answer cannot be told: {}", String::from_utf8_lossy(head))
}

fn value_of<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let (found, value) = line.split_at_checked(name.len())?;
    found.eq_ignore_ascii_case(name).then_some(value)
}

/// A connection that is kept open.
pub struct Connection {
    stream: TcpStream,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// As the system says.
    pub async fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address).await.context("could not connect")?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream, buffer: vec![0; BUFFER_BYTES].into(), start: 0, end: 0 })
    }

    /// Sends a request and skims the answer: status and bytes of the body.
    ///
    /// # Errors
    /// Where the connection breaks or the answer is malformed.
    pub async fn exchange(&mut self, request: &Request) -> anyhow::Result<(u16, u64)> {
        self.stream.write_all(&request.wire).await?;
        let (status, framing, head) = self.head(request.is_head).await?;
        self.start += head;
        let bytes = self.body(framing, |_| ()).await?;
        Ok((status, bytes))
    }

    /// As [`Connection::exchange`]; a status other than `wanted` is an error.
    ///
    /// # Errors
    /// As [`Connection::exchange`].
    pub async fn want(&mut self, request: &Request, wanted: u16) -> anyhow::Result<()> {
        let (status, _) = self.exchange(request).await?;
        if status != wanted {
            let line = request.wire.split(|byte| *byte == b'\r').next().unwrap_or_default();
            bail!("{}: {status} instead of {wanted}", String::from_utf8_lossy(line));
        }
        Ok(())
    }

    /// Sends a request and gives the whole answer.
    ///
    /// # Errors
    /// As [`Connection::exchange`].
    pub async fn ask(&mut self, request: &Request) -> anyhow::Result<Answer> {
        self.stream.write_all(&request.wire).await?;
        let (status, framing, length) = self.head(request.is_head).await?;
        let head = String::from_utf8_lossy(&self.buffer[self.start..self.start + length]).into_owned();
        self.start += length;
        let mut body = Vec::new();
        self.body(framing, |piece| body.extend_from_slice(piece)).await?;
        Ok(Answer { status, head, body })
    }

    /// Reads up to the end of a head; says its status, what follows, and its length.
    async fn head(&mut self, is_head: bool) -> anyhow::Result<(u16, Framing, usize)> {
        loop {
            let seen = &self.buffer[self.start..self.end];
            if let Some(at) = seen.windows(4).position(|four| four == b"\r\n\r\n") {
                let (status, framing) = skim(&seen[..at + 4], is_head)?;
                return Ok((status, framing, at + 4));
            }
            self.more().await?;
        }
    }

    async fn body(&mut self, framing: Framing, mut piece: impl FnMut(&[u8])) -> anyhow::Result<u64> {
        match framing {
            Framing::Length(length) => {
                self.take(length, &mut piece).await?;
                Ok(length)
            }
            Framing::Chunked => {
                let mut total = 0;
                loop {
                    let length = self.chunk_length().await?;
                    self.take(length, &mut piece).await?;
                    // Trailers are not used by registries: after the last chunk comes an empty line, as after each.
                    self.take(2, &mut |_: &[u8]| ()).await?;
                    if length == 0 {
                        return Ok(total);
                    }
                    total += length;
                }
            }
        }
    }

    async fn chunk_length(&mut self) -> anyhow::Result<u64> {
        loop {
            let seen = &self.buffer[self.start..self.end];
            if let Some(at) = seen.windows(2).position(|two| two == b"\r\n") {
                let text = std::str::from_utf8(&seen[..at])?;
                let digits = text.split(';').next().unwrap_or_default().trim();
                let length = u64::from_str_radix(digits, 16).context("a chunk has no length")?;
                self.start += at + 2;
                return Ok(length);
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, length: u64, piece: &mut impl FnMut(&[u8])) -> anyhow::Result<()> {
        let mut left = length;
        while left > 0 {
            if self.start == self.end {
                self.more().await?;
            }
            let here = usize::try_from(left).unwrap_or(usize::MAX).min(self.end - self.start);
            piece(&self.buffer[self.start..self.start + here]);
            self.start += here;
            left -= here as u64;
        }
        Ok(())
    }

    /// Reads more behind what is there.
    async fn more(&mut self) -> anyhow::Result<()> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.buffer.len() {
            ensure!(self.start > 0, "a head or a chunk's length is longer than {BUFFER_BYTES} bytes");
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let read = self.stream.read(&mut self.buffer[self.end..]).await?;
        ensure!(read > 0, "the server closed the connection");
        self.end += read;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn answer(pieces: &'static [&'static str]) -> anyhow::Result<Answer> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut connection = Connection::open(listener.local_addr()?).await?;
        let (mut stream, _) = listener.accept().await?;
        let serve = async move {
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await?;
                tokio::task::yield_now().await;
            }
            Ok::<_, anyhow::Error>(())
        };
        let request = Request::new("GET", "/", &[]);
        let (answer, served) = tokio::join!(connection.ask(&request), serve);
        served?;
        answer
    }

    #[tokio::test]
    async fn a_body_of_known_length_is_read_to_its_end() {
        let found = answer(&["HTTP/1.1 200 OK\r\nContent-Length: 5\r\nLink: <x>\r\n\r\nhe", "llo"]).await.unwrap();
        assert_eq!((found.status, found.body.as_slice(), found.header("link")), (200, &b"hello"[..], Some("<x>")));
    }

    #[tokio::test]
    async fn chunks_are_put_together_wherever_they_are_cut() {
        let pieces = &[
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r",
            "\nabc\r\n1",
            "0;x\r\n0123456789abcdef\r\n0\r\n\r\n",
        ];
        let found = answer(pieces).await.unwrap();
        assert_eq!((found.status, found.body.as_slice()), (404, &b"abc0123456789abcdef"[..]));
    }

    #[tokio::test]
    async fn an_answer_whose_end_cannot_be_told_is_refused() {
        assert!(answer(&["HTTP/1.1 200 OK\r\n\r\n"]).await.is_err());
    }

    #[test]
    fn head_and_not_modified_have_no_body() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(skim(head, true).unwrap(), (200, Framing::Length(0)));
        assert_eq!(skim(head, false).unwrap(), (200, Framing::Length(5)));
        assert_eq!(skim(b"HTTP/1.1 304 Not Modified\r\n\r\n", false).unwrap(), (304, Framing::Length(0)));
    }
}
