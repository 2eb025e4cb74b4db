//! The berth binary: configuration, start-up, routers, portal.
//!
//! [`start`] runs a whole server in this process, which is what `berth serve` and the integration tests do.

pub mod admin;
mod assets;
pub mod boot;
pub mod cli;
pub mod config;
pub mod data_folder;
mod health;
mod metrics;
mod portal;
mod router;
pub mod running;
pub mod serve;
mod setup;
pub mod telemetry;
pub mod tls;

pub use config::Config;
pub use running::{Running, start, start_with_clock};
