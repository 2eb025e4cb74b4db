//! `/v2`: the OCI distribution specification, and what real clients rely on besides.

mod auth;
mod base;
mod blobs;
mod catalog;
mod deletion;
mod docker;
mod leftover;
mod lifetime;
mod manifests;
mod names;
mod referrers;
mod refused;
mod rules;
mod sparse;
mod tags;
mod traffic;
mod uploads;

/// A digest that no test stores anything under.
const NOBODY: &str = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

/// What looks like a digest and is none.
const BAD_DIGESTS: [&str; 8] = [
    "sha256:baddigeststring",
    "sha256:",
    "sha256:ABCDEF0000000000000000000000000000000000000000000000000000000000",
    "sha256:00000000000000000000000000000000000000000000000000000000000000000",
    "sha512:0000000000000000000000000000000000000000000000000000000000000000",
    "md5:d41d8cd98f00b204e9800998ecf8427e",
    "blake3:0000000000000000000000000000000000000000000000000000000000000000",
    ":0000000000000000000000000000000000000000000000000000000000000000",
];
