//! Harbor's management API and the token service.
