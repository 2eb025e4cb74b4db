//! HTTP pieces that the routers share: state, extractors, envelopes, paging. No endpoint lives here.

pub mod client_addr;
pub mod cookie;
pub mod credential;
pub mod csrf;
pub mod error;
pub mod extract;
pub mod gate;
pub mod reply;
pub mod state;

pub use client_addr::{ClientAddr, RequestId};
pub use credential::{Credential, SessionCookie, Verified};
pub use error::{ApiError, ApiResult};
pub use state::{Anonymous, AppState, HttpOptions, Intake};
