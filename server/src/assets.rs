//! The portal's files, embedded at compile time: hashed names are cached for ever, compressed twins are served as they
//! are.

use std::{collections::BTreeMap, io::Read as _, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use flate2::read::GzDecoder;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

/// Where the files are served.
const FOLDER: &str = "/assets/";
/// Hashed names never mean anything else.
const IMMUTABLE: &str = "public, max-age=31536000, immutable";
/// Plain names are asked for again, and answered by 304 mostly.
const REVALIDATE: &str = "public, max-age=3600, must-revalidate";

#[derive(RustEmbed)]
#[folder = "$BERTH_PORTAL_FOLDER"]
struct Embedded;

#[derive(Deserialize)]
struct Entry {
    file: String,
}

/// Logical names and the files that hold them.
static MANIFEST: LazyLock<BTreeMap<String, Entry>> = LazyLock::new(|| {
    let manifest = Embedded::get("manifest.json");
    manifest.and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
});

/// Routes of the files.
pub fn router() -> Router {
    Router::new()
        .route(
            "/assets/{*path}",
            get(|Path(path): Path<String>, headers: HeaderMap| async move { serve(&path, &headers) }),
        )
        .route("/favicon.svg", get(icon))
        .route("/favicon.ico", get(icon))
        .route("/robots.txt", get(robots))
}

/// The addresses that a page names.
pub fn addresses() -> berth_app::Assets {
    let path = |name: &str| MANIFEST.get(name).map(|entry| format!("{FOLDER}{}", entry.file)).unwrap_or_default();
    let locales = MANIFEST.keys().filter_map(|name| {
        let code = name.strip_prefix("locale-")?.strip_suffix(".json")?;
        Some((code.to_owned(), path(name)))
    });
    berth_app::Assets {
        css: path("berth.css"),
        contrast_css: path("contrast.css"),
        favicon: "/favicon.svg".to_owned(),
        js: path("berth.js"),
        wasm: path("berth_bg.wasm"),
        locales: locales.collect(),
    }
}

async fn icon(headers: HeaderMap) -> Response {
    serve("favicon.svg", &headers)
}

async fn robots() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}

fn serve(path: &str, headers: &HeaderMap) -> Response {
    // Twins and the manifest are not files of their own.
    let is_listed = |path: &str| MANIFEST.values().any(|entry| entry.file == path);
    let Some(media_type) = media_type(path).filter(|_| is_listed(path)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let accepted = Accepted::read(headers);
    let twins = [(accepted.brotli, ".br", "br"), (accepted.gzip, ".gz", "gzip")];
    let twin = twins.into_iter().filter(|(accepted, ..)| *accepted).find_map(|(_, suffix, coding)| {
        let file = Embedded::get(&format!("{path}{suffix}"))?;
        Some((file, Some(coding)))
    });
    let plain = || Some((Embedded::get(path).or_else(|| unpacked(path))?, None));
    let Some((file, coding)) = twin.or_else(plain) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let digest = file.metadata.sha256_hash();
    let tag = format!("\"{}\"", hex::encode(&digest[..16]));
    let is_hashed = !MANIFEST.contains_key(path);
    let mut response = Response::new(Body::empty());
    let set = response.headers_mut();
    set.insert(header::CACHE_CONTROL, HeaderValue::from_static(if is_hashed { IMMUTABLE } else { REVALIDATE }));
    set.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        set.insert(header::ETAG, tag);
    }
    if matches(headers, &tag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return response;
    }
    set.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Some(coding) = coding {
        set.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    *response.body_mut() = Body::from(match file.data {
        std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        std::borrow::Cow::Owned(bytes) => bytes.into(),
    });
    response
}

/// A large file is embedded in its packed forms only. Whoever asks for the plain one is no browser, so nothing keeps it.
fn unpacked(path: &str) -> Option<EmbeddedFile> {
    let packed = Embedded::get(&format!("{path}.gz"))?;
    let mut bytes = Vec::new();
    GzDecoder::new(&*packed.data).read_to_end(&mut bytes).ok()?;
    Some(EmbeddedFile { data: bytes.into(), metadata: packed.metadata })
}

fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let given = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    given
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

/// Which codings the client takes.
#[derive(Debug, Default, PartialEq)]
struct Accepted {
    brotli: bool,
    gzip: bool,
}

impl Accepted {
    fn read(headers: &HeaderMap) -> Self {
        let mut accepted = Accepted::default();
        let given = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
        for item in given.flat_map(|value| value.split(',')) {
            let mut parts = item.split(';').map(str::trim);
            let coding = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")).and_then(|weight| weight.parse::<f32>().ok());
            let is_refused = weight.is_some_and(|weight| weight <= 0.0);
            match coding {
                "br" => accepted.brotli = !is_refused,
                "gzip" => accepted.gzip = !is_refused,
                _ => {}
            }
        }
        accepted
    }
}

fn media_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: header::HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn codings_are_taken_unless_they_are_refused() {
        let read = |value| Accepted::read(&headers(header::ACCEPT_ENCODING, value));
        assert_eq!(read("gzip, deflate, br"), Accepted { brotli: true, gzip: true });
        assert_eq!(read("br;q=0, gzip;q=0.5"), Accepted { brotli: false, gzip: true });
        assert_eq!(Accepted::read(&HeaderMap::new()), Accepted::default());
    }

    #[test]
    fn a_tag_is_found_in_a_list() {
        assert!(matches(&headers(header::IF_NONE_MATCH, "\"a\", W/\"b\""), "\"b\""));
        assert!(!matches(&headers(header::IF_NONE_MATCH, "\"a\""), "\"b\""));
    }

    #[test]
    fn what_is_not_listed_is_not_served() {
        assert_eq!(serve("manifest.json", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
        assert_eq!(serve("../Cargo.toml", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
    }
}
