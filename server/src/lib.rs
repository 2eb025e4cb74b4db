//! The berth binary: configuration, start-up, routers, portal.
