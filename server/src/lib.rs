//! The berth binary: configuration, start-up, routers, portal.
//!
//! [`start`] runs a whole server in this process, which is what `berth serve` and the integration tests do.

pub mod admin;
mod amount;
mod aside;
mod assets;
pub mod backup;
pub mod boot;
mod bulk;
pub mod cli;
pub mod config;
mod conversation;
pub mod data_folder;
pub mod fsck;
pub mod gc;
mod health;
mod leftover;
pub mod memory;
mod metrics;
mod pace;
mod patience;
mod portal;
mod precedence;
mod purge;
pub mod restore;
mod router;
pub mod running;
pub mod serve;
mod setup;
pub mod telemetry;
pub mod tls;

pub use config::Config;
pub use running::{Running, start, start_with_clock};
