//! Proof of identity: passwords, sessions, robots, registry tokens.
