//! Lists that are searched and sorted: the same rows in the same order on both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use berth_db::{
    Backend, Conn, Db, DbError, args,
    query::{
        jobservice::{self, Which},
        member::{self, Who},
        session::{self, Session},
        token, user, usergroup,
    },
};
use berth_types::{
    Timestamp,
    page::Page,
    query::{ListQuery, parse_q, parse_sort},
};

#[path = "../../testkit/src/database.rs"]
mod database;

use database::Database;

/// The project and the person of the first migration.
const PROJECT: i64 = 1;
const PERSON: i64 = 1;

/// Makes two tests of each function: one on SQLite, one on PostgreSQL.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                if let Some(database) = Database::create(Backend::Sqlite).await { super::$name(&database.open().await).await }
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(database) = Database::create(Backend::Postgres).await { super::$name(&database.open().await).await }
            }
        }
    )*};
}

on_both!(
    people_are_found_by_whatever_they_are_called,
    members_are_found_by_a_part_of_their_name,
    groups_are_found_and_sorted,
    tokens_are_found_and_sorted,
    sessions_are_sorted,
    jobs_are_found_by_number_and_error
);

fn asked(q: &str, sort: &str) -> ListQuery {
    ListQuery { filters: parse_q(q).unwrap(), sort: parse_sort(sort), page: Page::default() }
}

const fn at(second: i64) -> Timestamp {
    Timestamp(second * 1_000_000)
}

async fn person(tx: &mut Conn<'_>, name: &str) -> Result<i64, DbError> {
    let sql = "INSERT INTO users (username, created_at, updated_at) VALUES ($1, $2, $2) RETURNING id";
    tx.insert(sql, args![name, at(1)]).await
}

async fn people_are_found_by_whatever_they_are_called(db: &Db) {
    db.write((), |tx, ()| {
        Box::pin(async move {
            for (username, realname, email) in [
                ("mei", "Mei Lin", Some("Mei.Lin@example.com")),
                ("MEI", "\u{c9}mile Builder", Some("emile@example.com")),
                ("grace", "Grace (of Mei)", None),
                ("mei-left", "Mei", Some("left@example.com")),
            ] {
                let new = user::NewPerson {
                    username: username.to_owned(),
                    email: email.map(str::to_owned),
                    realname: realname.to_owned(),
                    comment: String::new(),
                    password: None,
                    sysadmin: false,
                };
                let id = user::insert(tx, &new, at(1)).await?;
                if username == "mei-left" {
                    user::delete(tx, id, at(2)).await?;
                }
            }
            Ok::<_, DbError>(())
        })
    })
    .await
    .unwrap();
    let listed = async |q: &str| {
        let mut reader = db.reader().await.unwrap();
        let found = user::list(&mut reader.conn(), &asked(q, ""), None, None).await.unwrap();
        found.items.into_iter().map(|person| person.username).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(listed("person=~mei").await, "MEI grace mei");
    assert_eq!(listed("person=~BUILDER").await, "MEI");
    assert_eq!(listed("person=~lin@EXAMPLE").await, "mei");
    assert_eq!(listed("person=~example.com,sysadmin_flag=true").await, "");
    let candidates = async |text: &str, limit: i64| {
        let mut reader = db.reader().await.unwrap();
        let found = user::candidates(&mut reader.conn(), text, limit).await.unwrap();
        let marked = |found: user::Candidate| format!("{}{}", found.username, if found.exact { "!" } else { "" });
        found.into_iter().map(marked).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(candidates("Mei", 9).await, "MEI! mei! grace");
    assert_eq!(candidates("Mei", 1).await, "MEI!");
    assert_eq!(candidates("of mei)", 9).await, "grace");
    assert_eq!(candidates("mei.LIN@example.com", 9).await, "mei!");
    // A part of an address would tell the rest of it, letter by letter.
    assert_eq!(candidates("lin@example", 9).await, "");
    assert_eq!(candidates("%", 9).await, "");
}

async fn members_are_found_by_a_part_of_their_name(db: &Db) {
    db.write((), |tx, ()| {
        Box::pin(async move {
            for (name, role) in [("mei", 2), ("Meike", 1), ("bob", 3)] {
                let id = person(tx, name).await?;
                member::insert(tx, PROJECT, id, role, at(1)).await?;
            }
            let group = usergroup::insert(tx, "people-of-mei", 3, at(1)).await?;
            member::add(tx, PROJECT, Who::Group(group), 3, at(1)).await.map(drop)
        })
    })
    .await
    .unwrap();
    let found = async |q: &str, sort: &str| {
        let found = member::found(&mut db.reader().await.unwrap().conn(), PROJECT, &asked(q, sort)).await.unwrap();
        let names: Vec<String> = found.items.into_iter().map(|member| member.name).collect();
        assert_eq!(found.total, i64::try_from(names.len()).unwrap(), "the number is that of those found");
        names.join(" ")
    };
    assert_eq!(found("entity_name=~MEI", "").await, "Meike mei people-of-mei");
    assert_eq!(found("entity_name=~mei,entity_type=g", "").await, "people-of-mei");
    assert_eq!(found("entity_name=~mei,entity_type=u", "-entity_name").await, "mei Meike");
    assert_eq!(found("entity_name=~e,role_id={1 2}", "-role_id,entity_name").await, "mei Meike");
    assert_eq!(found("entity_name=~nobody", "").await, "");
}

async fn groups_are_found_and_sorted(db: &Db) {
    let id = db
        .write((), |tx, ()| {
            Box::pin(async move {
                usergroup::insert(tx, "zebras", 2, at(1)).await?;
                let id = usergroup::insert(tx, "ants", 3, at(2)).await?;
                member::add(tx, PROJECT, Who::Group(id), 2, at(1)).await?;
                Ok::<_, DbError>(id)
            })
        })
        .await
        .unwrap();
    let mut reader = db.reader().await.unwrap();
    for (q, sort, expected) in [
        ("", "", "ants zebras"),
        ("", "-group_name", "zebras ants"),
        ("", "group_type", "zebras ants"),
        ("group_name=~EBR", "", "zebras"),
    ] {
        let found = usergroup::found(&mut reader.conn(), &asked(q, sort)).await.unwrap();
        let names: Vec<&str> = found.items.iter().map(|group| group.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{q} {sort}");
    }
    for (q, total) in [("project_name=~libr", 1), ("project_name=~nothing", 0)] {
        let query = asked(q, "-role_id");
        assert_eq!(member::memberships(&mut reader.conn(), Who::Group(id), &query).await.unwrap().total, total, "{q}");
    }
}

async fn tokens_are_found_and_sorted(db: &Db) {
    db.write((), |tx, ()| {
        Box::pin(async move {
            let other = person(tx, "other").await?;
            for (owner, name, read_only, end) in [
                (PERSON, "laptop", false, None),
                (PERSON, "ci", true, Some(at(900))),
                (PERSON, "desk-top", false, Some(at(800))),
                (other, "laptop", false, None),
            ] {
                let (stored, hash) = (format!("{owner}/{name}"), format!("{owner}{name}"));
                token::insert(tx, owner, &stored, hash.as_bytes(), read_only, end, at(1)).await?;
            }
            Ok::<_, DbError>(())
        })
    })
    .await
    .unwrap();
    for (q, sort, expected) in [
        ("", "", "1/desk-top 1/ci 1/laptop"),
        ("name=~TOP", "name", "1/desk-top 1/laptop"),
        // The owner before the name is no part of it.
        ("name=~1", "", ""),
        ("name=laptop", "", "1/laptop"),
        ("", "expires_at", "1/desk-top 1/ci 1/laptop"),
        ("", "-expires_at", "1/laptop 1/ci 1/desk-top"),
        ("read_only=true", "last_used_at", "1/ci"),
        ("", "-read_only,name", "1/ci 1/desk-top 1/laptop"),
    ] {
        let tokens = token::list(&mut db.reader().await.unwrap().conn(), PERSON, &asked(q, sort), 10).await.unwrap();
        let names: Vec<&str> = tokens.iter().map(|token| token.name.as_str()).collect();
        assert_eq!(names.join(" "), expected, "{q} {sort}");
    }
}

async fn sessions_are_sorted(db: &Db) {
    db.write((), |tx, ()| {
        Box::pin(async move {
            for (hash, began, seen, end, from) in [(1, 10, 60, 500, "b"), (2, 20, 50, 600, "a"), (3, 30, 40, 5, "c")] {
                let session = Session {
                    id_hash: vec![hash; 32],
                    user_id: PERSON,
                    created_at: at(began),
                    seen_at: at(seen),
                    expires_at: at(end),
                    remote_addr: from.to_owned(),
                    user_agent: String::new(),
                };
                session::insert(tx, &session, 0).await?;
            }
            Ok::<_, DbError>(())
        })
    })
    .await
    .unwrap();
    for (sort, expected) in
        [("", "ba"), ("remote_addr", "ab"), ("-remote_addr", "ba"), ("-created_at", "ab"), ("-expires_at", "ab")]
    {
        let query = asked("", sort);
        let living =
            session::sorted(&mut db.reader().await.unwrap().conn(), PERSON, at(100), &query, 10).await.unwrap();
        let from: String = living.into_iter().map(|session| session.remote_addr).collect();
        assert_eq!(from, expected, "{sort}");
    }
}

async fn jobs_are_found_by_number_and_error(db: &Db) {
    db.write((), |tx, ()| {
        Box::pin(async move {
            let sql = "INSERT INTO jobs (kind, status, error, run_at, created_at, started_at, finished_at)
                       VALUES ($1, $2, $3, $4, $4, $5, $6)";
            let failed: Option<&str> = Some("no route to Host");
            tx.execute(sql, args!["gc", "error", failed, at(1), Some(at(3)), Some(at(4))]).await?;
            tx.execute(sql, args!["purge", "success", None::<&str>, at(2), Some(at(2)), Some(at(4))]).await?;
            Ok::<_, DbError>(())
        })
    })
    .await
    .unwrap();
    let found = async |q: &str, sort: &str| {
        let query = asked(q, sort);
        let found = jobservice::all(&mut db.reader().await.unwrap().conn(), Which::Any, &query).await.unwrap();
        found.items.into_iter().map(|job| (job.id, job.kind)).collect::<Vec<_>>()
    };
    let all = found("", "start_time").await;
    let kinds: Vec<&str> = all.iter().map(|(_, kind)| kind.as_str()).collect();
    assert_eq!(kinds, ["purge", "gc"]);
    assert_eq!(found("error=~route to host", "").await, all[1..]);
    assert_eq!(found(&format!("id={}", all[0].0), "").await, all[..1]);
    assert_eq!(found("error=~refused", "").await, []);
}
