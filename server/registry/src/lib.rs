//! The OCI distribution API, /v2.
