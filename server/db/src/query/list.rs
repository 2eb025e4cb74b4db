//! Lists with Harbor's `q`, `sort` and pages, as SQL text that both databases read.
//!
//! What a client writes never becomes SQL: a key is looked up in the list's own columns, a value becomes a bound
//! argument. Unknown keys are ignored, as in Harbor.

use berth_types::{
    page::Paged,
    query::{Filter, ListQuery, Match, Scalar, is_key_of},
};

use crate::{Conn, Result, Row, Value};

/// What a column holds, and so how a filter's text is compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Text, compared byte by byte; `~` folds ASCII case.
    Text,
    /// A whole number.
    Number,
    /// Microseconds since the epoch.
    Time,
    /// True or false.
    Flag,
}

/// A column that clients may filter and sort by.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The key in `q` and `sort`, in lower case.
    pub key: &'static str,
    /// The SQL expression.
    pub sql: &'static str,
    /// What it holds.
    pub kind: Kind,
}

impl Column {
    /// A column of text.
    pub const fn text(key: &'static str, sql: &'static str) -> Self {
        Column { key, sql, kind: Kind::Text }
    }

    /// A column of numbers.
    pub const fn number(key: &'static str, sql: &'static str) -> Self {
        Column { key, sql, kind: Kind::Number }
    }

    /// A column of times.
    pub const fn time(key: &'static str, sql: &'static str) -> Self {
        Column { key, sql, kind: Kind::Time }
    }

    /// A column of switches.
    pub const fn flag(key: &'static str, sql: &'static str) -> Self {
        Column { key, sql, kind: Kind::Flag }
    }
}

/// What is listed.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The columns of the answer.
    pub select: &'static str,
    /// Tables and joins.
    pub from: &'static str,
    /// What clients may name.
    pub columns: &'static [Column],
    /// The order where the client gives none.
    pub order: &'static str,
    /// The last word of every order, so that pages never overlap.
    pub tie: &'static str,
}

/// A list under construction.
#[derive(Clone, Debug)]
pub struct List {
    source: Source,
    conditions: Vec<String>,
    args: Vec<Value>,
    order: Option<String>,
    tie: Option<String>,
}

impl List {
    /// Everything of a source.
    pub fn of(source: Source) -> Self {
        List { source, conditions: Vec::new(), args: Vec::new(), order: None, tie: None }
    }

    /// Adds a condition written here in the code; each `?` stands for one of `args`, in order.
    #[must_use]
    pub fn and(mut self, condition: &str, args: &[Value]) -> Self {
        let mut given = args.iter();
        let mut text = String::with_capacity(condition.len() + 8);
        for part in condition.split_inclusive('?') {
            let Some(before) = part.strip_suffix('?') else {
                text.push_str(part);
                continue;
            };
            text.push_str(before);
            text.push_str(&self.bind(given.next().cloned().unwrap_or(Value::Null)));
        }
        self.conditions.push(text);
        self
    }

    /// Adds the condition that a column is one of some numbers.
    #[must_use]
    pub fn among(mut self, column: &str, ids: &[i64]) -> Self {
        let marks: Vec<String> = ids.iter().map(|id| self.bind(Value::from(*id))).collect();
        self.conditions.push(if marks.is_empty() {
            NOTHING.to_owned()
        } else {
            format!("{column} IN ({})", marks.join(", "))
        });
        self
    }

    /// Adds the filters of a request that name a column.
    #[must_use]
    pub fn filtered(mut self, filters: &[Filter]) -> Self {
        for filter in filters {
            let Some(column) = self.source.columns.iter().find(|column| is_key_of(column.key, &filter.key)).copied()
            else {
                continue;
            };
            if let Some(condition) = self.condition(column, &filter.matches) {
                self.conditions.push(condition);
            }
        }
        self
    }

    /// Adds the condition that a text contains another, ASCII case folded.
    #[must_use]
    pub fn containing(mut self, expression: &str, text: &str) -> Self {
        let condition = self.fuzzy(expression, text);
        self.conditions.push(condition);
        self
    }

    /// Orders by the keys of a request that name a column.
    #[must_use]
    pub fn sorted(mut self, query: &ListQuery) -> Self {
        let mut keys: Vec<(&str, bool)> = Vec::new();
        for sort in &query.sort {
            let Some(column) = self.source.columns.iter().find(|column| is_key_of(column.key, &sort.key)) else {
                continue;
            };
            // A column again orders nothing more, and databases take only so many.
            if !keys.iter().any(|(sql, _)| *sql == column.sql) {
                keys.push((column.sql, sort.descending));
            }
        }
        if !keys.is_empty() {
            let terms =
                keys.iter().map(|(sql, descending)| format!("{sql} {}", if *descending { "DESC" } else { "ASC" }));
            self.order = Some(terms.collect::<Vec<_>>().join(", "));
        }
        self
    }

    /// Orders by the length of a text, then by the text.
    #[must_use]
    pub fn shortest(mut self, expression: &str) -> Self {
        self.order = Some(format!("LENGTH({expression}) ASC, {expression} ASC"));
        self
    }

    /// The page of a request and the number of all rows.
    ///
    /// # Errors
    /// As the database says.
    pub async fn page(self, conn: &mut Conn<'_>, query: &ListQuery) -> Result<Paged<Row>> {
        let total = self.count(conn).await?;
        self.page_of(conn, query, total).await
    }

    /// The page of a request where the number of all rows is known.
    ///
    /// # Errors
    /// As the database says.
    pub async fn page_of(self, conn: &mut Conn<'_>, query: &ListQuery, total: i64) -> Result<Paged<Row>> {
        let offset = query.page.offset();
        if offset >= total {
            return Ok(Paged { items: Vec::new(), total });
        }
        let size = query.page.page_size.min(total - offset);
        let behind = total - offset - size;
        // Databases walk over what they leave out, so a page near the end is read from there.
        if behind < offset
            && let Some(backwards) = self.backwards()
        {
            let mut items = backwards.slice(conn, size, behind).await?;
            items.reverse();
            return Ok(Paged { items, total });
        }
        let items = self.slice(conn, size, offset).await?;
        Ok(Paged { items, total })
    }

    /// The same list with its last row first. Nothing where an order does not say its direction.
    fn backwards(&self) -> Option<List> {
        let order = turned(self.order.as_deref().unwrap_or(self.source.order))?;
        let tie = turned(self.tie.as_deref().unwrap_or(self.source.tie))?;
        Some(List { order: Some(order), tie: Some(tie), ..self.clone() })
    }

    /// The list as a query of other columns, in an order.
    #[must_use]
    pub(crate) fn selecting(self, columns: &str, order: &str) -> super::bulk::Selection {
        let sql = format!("SELECT {columns} FROM {}{} ORDER BY {order}", self.source.from, self.conditions());
        super::bulk::Selection { sql, args: self.args }
    }

    /// The list as a query of one column, for use inside of others.
    #[must_use]
    pub(crate) fn column(self, column: &str) -> super::bulk::Selection {
        let sql = format!("SELECT {column} FROM {}{}", self.source.from, self.conditions());
        super::bulk::Selection { sql, args: self.args }
    }

    /// Adds the condition that a column is one of some texts.
    #[must_use]
    pub(crate) fn named(mut self, column: &str, names: &[String]) -> Self {
        let marks: Vec<String> = names.iter().map(|name| self.bind(Value::from(name))).collect();
        self.conditions.push(if marks.is_empty() {
            NOTHING.to_owned()
        } else {
            format!("{column} IN ({})", marks.join(", "))
        });
        self
    }

    /// How many rows there are.
    ///
    /// # Errors
    /// As the database says.
    pub async fn count(&self, conn: &mut Conn<'_>) -> Result<i64> {
        conn.row(&self.count_sql(), &self.args).await?.map_or(Ok(0), |row| row.get(0))
    }

    /// The rows after `offset`, at most `limit`.
    ///
    /// # Errors
    /// As the database says.
    pub async fn slice(mut self, conn: &mut Conn<'_>, limit: i64, offset: i64) -> Result<Vec<Row>> {
        let sql = self.slice_sql(limit, offset);
        conn.rows(&sql, &self.args).await
    }

    fn count_sql(&self) -> String {
        format!("SELECT COUNT(*) FROM {}{}", self.source.from, self.conditions())
    }

    fn slice_sql(&mut self, limit: i64, offset: i64) -> String {
        let conditions = self.conditions();
        let order = self.order.as_deref().unwrap_or(self.source.order);
        let head = format!(
            "SELECT {} FROM {}{conditions} ORDER BY {order}, {}",
            self.source.select,
            self.source.from,
            self.tie.as_deref().unwrap_or(self.source.tie)
        );
        let (limit, offset) = (self.bind(Value::from(limit)), self.bind(Value::from(offset)));
        format!("{head} LIMIT {limit} OFFSET {offset}")
    }

    fn conditions(&self) -> String {
        if self.conditions.is_empty() { String::new() } else { format!(" WHERE {}", self.conditions.join(" AND ")) }
    }

    fn bind(&mut self, value: Value) -> String {
        self.args.push(value);
        format!("${}", self.args.len())
    }

    fn condition(&mut self, column: Column, matches: &Match) -> Option<String> {
        match matches {
            Match::Exact(scalar) => Some(self.any(column, std::slice::from_ref(scalar))),
            Match::Any(scalars) => Some(self.any(column, scalars)),
            Match::Fuzzy(text) => Some(match column.kind {
                Kind::Text => self.fuzzy(column.sql, text),
                Kind::Number | Kind::Time => self.fuzzy(&format!("CAST({} AS TEXT)", column.sql), text),
                Kind::Flag => self.any(column, &[Scalar::Text(text.clone())]),
            }),
            Match::Range(min, max) => {
                let mut parts = Vec::new();
                for (bound, operator) in [(min, ">="), (max, "<=")] {
                    let Some(scalar) = bound else { continue };
                    parts.push(self.beyond(column, operator, scalar));
                }
                Some(parts.join(" AND "))
            }
            Match::Above(scalar) => Some(self.beyond(column, ">", scalar)),
            Match::Below(scalar) => Some(self.beyond(column, "<", scalar)),
            // "All of them" means something only for columns with many values; lists that have one treat it themselves.
            Match::All(_) => None,
        }
    }

    /// Nothing lies on any side of a value that the column cannot hold.
    fn beyond(&mut self, column: Column, operator: &'static str, scalar: &Scalar) -> String {
        match value_of(column.kind, scalar) {
            Some(value) => format!("{} {operator} {}", column.sql, self.bind(value)),
            None => NOTHING.to_owned(),
        }
    }

    /// A value that the column cannot hold equals no row.
    fn any(&mut self, column: Column, scalars: &[Scalar]) -> String {
        let values: Vec<Value> = scalars.iter().filter_map(|scalar| value_of(column.kind, scalar)).collect();
        let marks: Vec<String> = values.into_iter().map(|value| self.bind(value)).collect();
        match marks.as_slice() {
            [] => NOTHING.to_owned(),
            [one] => format!("{} = {one}", column.sql),
            many => format!("{} IN ({})", column.sql, many.join(", ")),
        }
    }

    fn fuzzy(&mut self, expression: &str, text: &str) -> String {
        if text.len() > FUZZY_BYTES_MAX {
            return NOTHING.to_owned();
        }
        let escaped = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let mark = self.bind(Value::from(format!("%{}%", escaped.to_ascii_lowercase())));
        format!("LOWER({expression}) LIKE {mark} ESCAPE '\\'")
    }
}

/// An order with every direction turned round.
fn turned(order: &str) -> Option<String> {
    let terms = order.split(", ").map(|term| {
        let ascending = term.strip_suffix(" DESC").map(|term| format!("{term} ASC"));
        ascending.or_else(|| term.strip_suffix(" ASC").map(|term| format!("{term} DESC")))
    });
    Some(terms.collect::<Option<Vec<_>>>()?.join(", "))
}

/// A condition that holds for no row, in both databases.
const NOTHING: &str = "1 = 0";

/// The longest text that a column may contain, in bytes. SQLite refuses patterns of 50,000, and escaping doubles them.
pub(crate) const FUZZY_BYTES_MAX: usize = 20_000;

fn value_of(kind: Kind, scalar: &Scalar) -> Option<Value> {
    match (kind, scalar) {
        (Kind::Text, scalar) => Some(Value::from(scalar.as_text())),
        (Kind::Number, Scalar::Number(number)) => Some(Value::from(*number)),
        (Kind::Number, Scalar::Text(text)) => text.parse::<i64>().ok().map(Value::from),
        (Kind::Time, Scalar::Time(micros)) => Some(Value::from(*micros)),
        (Kind::Time, Scalar::Text(text)) => berth_types::Timestamp::parse_rfc3339(text).map(Value::from),
        (Kind::Flag, scalar) => match scalar.as_text().to_ascii_lowercase().as_str() {
            "true" | "t" | "1" => Some(Value::from(true)),
            "false" | "f" | "0" => Some(Value::from(false)),
            _ => None,
        },
        (Kind::Number, Scalar::Time(_)) | (Kind::Time, Scalar::Number(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use berth_types::{
        page::Page,
        query::{parse_q, parse_sort},
    };

    use super::*;

    const SOURCE: Source = Source {
        select: "t.id, t.name",
        from: "things t",
        columns: &[
            Column::text("name", "t.name"),
            Column::number("count", "t.count"),
            Column::time("at", "t.at"),
            Column::flag("public", "t.public"),
        ],
        order: "t.name ASC",
        tie: "t.id DESC",
    };

    fn list(q: &str, sort: &str) -> (String, Vec<Value>) {
        let query = ListQuery { filters: parse_q(q).unwrap(), sort: parse_sort(sort), page: Page::default() };
        let mut list = List::of(SOURCE).filtered(&query.filters).sorted(&query);
        (list.slice_sql(10, 20), list.args)
    }

    #[test]
    fn every_match_becomes_a_condition_with_bound_arguments() {
        let (sql, args) = list("name=~a%b_C,count=[1~3],public=true,at=[2020-01-01T00:00:00~]", "-name,count");
        assert_eq!(
            sql,
            "SELECT t.id, t.name FROM things t WHERE LOWER(t.name) LIKE $1 ESCAPE '\\' AND t.count >= $2 AND t.count <= $3 \
             AND t.public = $4 AND t.at >= $5 ORDER BY t.name DESC, t.count ASC, t.id DESC LIMIT $6 OFFSET $7"
        );
        assert_eq!(args[0], Value::from("%a\\%b\\_c%"));
        assert_eq!(args[4], Value::from(1_577_836_800_000_000));
        assert_eq!(args[6], Value::from(20));
    }

    #[test]
    fn a_column_is_named_as_harbors_clients_name_it() {
        const COLUMNS: &[Column] = &[Column::time("creation_time", "t.at"), Column::number("id", "t.id")];
        let source = Source { columns: COLUMNS, ..SOURCE };
        let query = ListQuery {
            filters: parse_q("CreationTime=[2020-01-01T00:00:00~],ID__gt=5,id__lt=0009").unwrap(),
            sort: parse_sort("-CreationTime"),
            page: Page::default(),
        };
        let mut list = List::of(source).filtered(&query.filters).sorted(&query);
        assert_eq!(
            list.slice_sql(1, 0),
            "SELECT t.id, t.name FROM things t WHERE t.at >= $1 AND t.id > $2 AND t.id < $3 ORDER BY t.at DESC, t.id DESC \
             LIMIT $4 OFFSET $5"
        );
        assert_eq!(list.args[1..3], [Value::from(5), Value::from(9)]);
    }

    #[test]
    fn an_order_is_turned_round_where_it_says_its_direction() {
        assert_eq!(turned("a.at DESC, a.id ASC").as_deref(), Some("a.at ASC, a.id DESC"));
        assert_eq!(turned("a.at"), None);
        assert_eq!(turned("COALESCE(a.at, 0) DESC"), None);
        let query = ListQuery { filters: Vec::new(), sort: parse_sort("-name"), page: Page::default() };
        let backwards = List::of(SOURCE).sorted(&query).backwards().unwrap().slice_sql(3, 0);
        assert!(backwards.contains("ORDER BY t.name ASC, t.id ASC LIMIT"), "{backwards}");
    }

    #[test]
    fn what_a_client_writes_never_becomes_sql() {
        let (sql, args) = list("name=x' OR 1=1 --,evil) OR (1=1", "name; DROP TABLE things,t.id");
        assert_eq!(
            sql,
            "SELECT t.id, t.name FROM things t WHERE t.name = $1 ORDER BY t.name ASC, t.id DESC LIMIT $2 OFFSET $3"
        );
        assert_eq!(args[0], Value::from("x' OR 1=1 --"));
    }

    #[test]
    fn a_value_that_a_column_cannot_hold_matches_nothing() {
        for q in ["count=x", "public=maybe", "at=5", "count=[a~b]", "count={a b}"] {
            assert!(list(q, "").0.contains(NOTHING), "{q}");
        }
        assert!(list(&format!("name=~{}", "a".repeat(FUZZY_BYTES_MAX + 1)), "").0.contains(NOTHING));
        let (sql, _) = list("name={a b 3},name=(a b),nope=1", "nope");
        assert_eq!(
            sql,
            "SELECT t.id, t.name FROM things t WHERE t.name IN ($1, $2, $3) ORDER BY t.name ASC, t.id DESC LIMIT $4 OFFSET $5"
        );
    }

    #[test]
    fn own_conditions_number_their_arguments() {
        let mut list = List::of(SOURCE)
            .and("t.a = ? AND t.b <> ?", &[Value::from(1), Value::from("x")])
            .among("t.id", &[7, 8])
            .containing("t.name", "A");
        assert_eq!(
            list.slice_sql(1, 0),
            "SELECT t.id, t.name FROM things t WHERE t.a = $1 AND t.b <> $2 AND t.id IN ($3, $4) \
             AND LOWER(t.name) LIKE $5 ESCAPE '\\' ORDER BY t.name ASC, t.id DESC LIMIT $6 OFFSET $7"
        );
        assert_eq!(List::of(SOURCE).among("t.id", &[]).count_sql(), "SELECT COUNT(*) FROM things t WHERE 1 = 0");
    }
}
