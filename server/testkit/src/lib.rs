//! A real server on a random port, users and builders for tests.
