//! Protection against requests that another site makes a browser send.
