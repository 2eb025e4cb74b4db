//! Browser entry: hydrates the portal.
