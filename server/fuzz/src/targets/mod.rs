//! The targets by what they read.

mod credentials;
mod lists;
mod manifests;
mod names;
mod paths;
mod ranges;
mod uploads;

use crate::Target;

const NAME_WORDS: &[&str] = &["library/", "a__b", "-", "--", "_", ".", "/", "sha256:", "sha512:", "latest", "é", "A"];
const DIGEST_WORDS: &[&str] = &[
    "sha256:",
    "sha512:",
    "sha384:",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ":",
    "AB",
    "00",
];
const RANGE_WORDS: &[&str] =
    &["bytes=", "bytes ", "-", "/", "*", ",", "0", "18446744073709551615", "9223372036854775808", "+", " "];
const MANIFEST_WORDS: &[&str] = &[
    r#""schemaVersion":2"#,
    r#""mediaType":"#,
    r#""application/vnd.oci.image.manifest.v1+json""#,
    r#""application/vnd.oci.image.index.v1+json""#,
    r#""application/vnd.docker.distribution.manifest.v2+json""#,
    r#""config":"#,
    r#""layers":["#,
    r#""manifests":["#,
    r#""subject":"#,
    r#""annotations":{"#,
    r#""artifactType":"#,
    r#""urls":["#,
    r#""platform":{"#,
    r#""size":-1"#,
    r#""digest":"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855""#,
    "null",
    "\\u0000",
    "9223372036854775808",
    "}",
    "]",
];

pub(crate) const ALL: &[Target] = &[
    target("names", names::names, 300, NAME_WORDS),
    target("reference", names::reference, 200, NAME_WORDS),
    target("digest", names::digest, 160, DIGEST_WORDS),
    target("range", ranges::range, 80, RANGE_WORDS),
    target("content_range", ranges::content_range, 80, RANGE_WORDS),
    target(
        "authorization",
        credentials::authorization,
        512,
        &["Basic ", "Bearer ", "basic ", ":", "\n", "sid=", "; ", "="],
    ),
    target(
        "jwt",
        credentials::jwt,
        2048,
        &[
            r#""iss":"harbor-token-issuer""#,
            r#""aud":"harbor-registry""#,
            r#""exp":1700001800"#,
            r#""nbf":1700000000"#,
            r#""iat":1700000000"#,
            r#""access":["#,
            r#"{"type":"repository","name":"p/r","actions":["pull"]}"#,
            r#""berth":{"kind":"user","id":1,"epoch":1}"#,
            "eyJhbGciOiJub25lIn0.",
            "eyJhbGciOiJFUzI1NiIsImtpZCI6IkZVWloifQ.",
            ".",
        ],
    ),
    target(
        "scope",
        credentials::scope,
        512,
        &["repository:", "registry:catalog:*", ":pull", ",push", " ", ":", "*", "c:5000/d"],
    ),
    target("cursor", lists::cursor, 300, &["last=", "&n=", "%", "%2F", "+", "&", "=", ">; rel=\"next\"", "?", "#"]),
    target("page", lists::page, 300, &["page=", "page_size=", "&", "?", "q=", "="]),
    target(
        "query",
        lists::query,
        512,
        &["=", "~", "[", "]", "{", "}", "(", ")", ",", "-", "\\", "__icontains", "__gte", "2020-01-01T00:00:00", "\""],
    ),
    target("manifest", manifests::manifest, 16 << 10, MANIFEST_WORDS),
    target("upload_state", uploads::state, 512, &["\u{11}", "\u{12}", "\0\0\0\0\0\0\0\0"]),
    target("upload", uploads::upload, 4096, &["\0", "\u{1}", "\u{40}", "\u{7f}"]),
    target(
        "path",
        paths::path,
        400,
        &[
            "/v2/",
            "_catalog",
            "/tags/list",
            "/manifests/",
            "/blobs/",
            "/blobs/uploads/",
            "/referrers/",
            "%2F",
            "%2e%2e",
            "%00",
            "%ff",
            "//",
            "..",
        ],
    ),
];

const fn target(name: &'static str, run: fn(&[u8]), input_bytes_max: usize, words: &'static [&'static str]) -> Target {
    Target { name, run, input_bytes_max, words }
}

/// Most grammars are of texts; other bytes never reach them.
fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// The first bytes as a number, and the rest.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_le_bytes(*number), rest))
}
