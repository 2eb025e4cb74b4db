//! The rules of Berth, one module per noun.
