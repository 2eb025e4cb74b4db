//! Somebody goes around the rules to the database.

use berth_domain::Domain;

async fn query(domain: &Domain) {
    let _ = domain.db.reader().await;
}

fn main() {}
