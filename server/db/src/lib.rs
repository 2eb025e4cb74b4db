//! Rows: entities, migrations, queries and the one shape of write.
