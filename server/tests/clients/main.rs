//! Foreign clients as black boxes against the real binary: what they do every day must work without a special case.
//!
//! Each test starts a server and, where the client has one, a daemon of its own. A client that is not installed is an
//! error under CI and a counted, printed skip elsewhere.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

mod berth;
mod buildah;
mod commands;
mod container;
mod containerd;
mod cosign;
mod crane;
mod docker;
mod generated;
mod goharbor;
mod helm;
mod image;
mod known;
mod memory;
mod notation;
mod oras;
mod podman;
mod process;
mod regctl;
mod rights;
mod setup;
mod setup_tls;
mod shapes;
mod skopeo;
mod tar;
mod tool;
