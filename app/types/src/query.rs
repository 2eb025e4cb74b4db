//! Harbor's `q` and `sort` grammar, parsed once.
//!
//! `q` is a comma-separated list of `key=value`; the first characters of a value say what kind of match it is. Which
//! keys a list knows is decided where the list is made: unknown keys are ignored there, as Harbor does.

/// A filter on one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// The key as the client wrote it, in lower case, without an `__op` suffix.
    pub key: String,
    /// What its column has to match.
    pub matches: Match,
}

/// How a column is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// `text`: equal.
    Exact(Scalar),
    /// `~text`: contains, ASCII case folded.
    Fuzzy(String),
    /// `[min~max]`: both ends inclusive, at least one given.
    Range(Option<Scalar>, Option<Scalar>),
    /// `key__gt=text`: more than that.
    Above(Scalar),
    /// `key__lt=text`: less than that.
    Below(Scalar),
    /// `{a b}`: any of them.
    Any(Vec<Scalar>),
    /// `(a b)`: all of them.
    All(Vec<Scalar>),
}

/// A value, read as a time, a number, or else a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// `2006-01-02T15:04:05`, UTC, in microseconds since the epoch.
    Time(i64),
    /// A whole number.
    Number(i64),
    /// Anything else.
    Text(String),
}

/// How times are written in a query: UTC, without a zone.
const TIME: &str = "%Y-%m-%dT%H:%M:%S";

impl Scalar {
    /// A value that stands alone. What would be written otherwise as a number or a time is a text: a tag may be called `007`.
    fn alone(text: &str) -> Self {
        let time = chrono::NaiveDateTime::parse_from_str(text, TIME).map(|time| time.and_utc().timestamp_micros());
        let known = [time.ok().map(Scalar::Time), text.parse().ok().map(Scalar::Number)];
        let known = known.into_iter().flatten().find(|scalar| scalar.as_text() == text);
        known.unwrap_or_else(|| Scalar::Text(text.to_owned()))
    }

    /// A value of a list or a range, where quotes make a number a text: Harbor's replication asks for `{'2024' 'app'}`.
    fn among_others(text: &str) -> Self {
        match Scalar::alone(text.trim()) {
            Scalar::Text(text) => Scalar::Text(text.trim_matches(['"', '\'']).to_owned()),
            known => known,
        }
    }

    /// The value as the text that was written, for columns that hold text.
    pub fn as_text(&self) -> String {
        match self {
            Scalar::Time(micros) => chrono::DateTime::from_timestamp_micros(*micros)
                .map_or_else(|| micros.to_string(), |time| time.format(TIME).to_string()),
            Scalar::Number(number) => number.to_string(),
            Scalar::Text(text) => text.clone(),
        }
    }

    /// The value as a number, for columns that hold numbers or times.
    pub fn as_number(&self) -> Option<i64> {
        match self {
            Scalar::Time(number) | Scalar::Number(number) => Some(*number),
            Scalar::Text(_) => None,
        }
    }
}

/// One key of a `sort` parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The key as the client wrote it, in lower case.
    pub key: String,
    /// `-key`.
    pub descending: bool,
}

/// Why a `q` cannot be read. The text is Harbor's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// A pair without `=`, or with nothing on one side.
    #[error("the query string must contain \"=\" and the key/value cannot be empty")]
    Pair,
    /// `~` alone.
    #[error("invalid query string value: ~")]
    Fuzzy,
    /// Not `[min~max]`.
    #[error("invalid query string value: {0}")]
    Range(String),
    /// `{…` or `(…` without its end.
    #[error("invalid query string value: {0}")]
    List(String),
    /// More conditions than a database takes in one statement.
    #[error("the query string contains more than {FILTERS_MAX} conditions")]
    TooMany,
}

/// The most conditions of one `q`.
const FILTERS_MAX: usize = 100;

/// Reads a `q`, already unescaped once by the HTTP layer; Harbor unescapes it again, and so does the caller.
///
/// # Errors
/// [`QueryError`], which is 400 at the edge.
pub fn parse_q(q: &str) -> Result<Vec<Filter>, QueryError> {
    if q.is_empty() {
        return Ok(Vec::new());
    }
    if q.split(',').nth(FILTERS_MAX).is_some() {
        return Err(QueryError::TooMany);
    }
    q.split(',').map(parse_pair).collect()
}

fn parse_pair(pair: &str) -> Result<Filter, QueryError> {
    let (key, value) = pair.split_once('=').ok_or(QueryError::Pair)?;
    if key.is_empty() || value.is_empty() {
        return Err(QueryError::Pair);
    }
    let (key, operator) = key.split_once("__").unwrap_or((key, ""));
    let matches = match (operator, parse_value(value)?) {
        ("icontains", Match::Exact(scalar)) => Match::Fuzzy(scalar.as_text()),
        ("gte", Match::Exact(scalar)) => Match::Range(Some(scalar), None),
        ("lte", Match::Exact(scalar)) => Match::Range(None, Some(scalar)),
        ("gt", Match::Exact(scalar)) => Match::Above(scalar),
        ("lt", Match::Exact(scalar)) => Match::Below(scalar),
        (_, matches) => matches,
    };
    Ok(Filter { key: key.to_ascii_lowercase(), matches })
}

fn parse_value(value: &str) -> Result<Match, QueryError> {
    if let Some(text) = value.strip_prefix('~') {
        if text.is_empty() {
            return Err(QueryError::Fuzzy);
        }
        return Ok(Match::Fuzzy(text.to_owned()));
    }
    if let Some(rest) = value.strip_prefix('[') {
        let invalid = || QueryError::Range(value.to_owned());
        let inner = rest.strip_suffix(']').ok_or_else(invalid)?;
        let (min, max) = inner.split_once('~').ok_or_else(invalid)?;
        let (min, max) = (min.trim(), max.trim());
        if max.contains('~') || (min.is_empty() && max.is_empty()) {
            return Err(invalid());
        }
        let read = |text: &str| (!text.is_empty()).then(|| Scalar::among_others(text));
        return Ok(Match::Range(read(min), read(max)));
    }
    if let Some(rest) = value.strip_prefix('{') {
        return Ok(Match::Any(parse_list(rest, '}', value)?));
    }
    if let Some(rest) = value.strip_prefix('(') {
        let all = parse_list(rest, ')', value)?;
        // Each of them is a condition of its own.
        return if all.len() > FILTERS_MAX { Err(QueryError::TooMany) } else { Ok(Match::All(all)) };
    }
    let text = value.strip_prefix('\\').unwrap_or(value);
    Ok(Match::Exact(if text == value { Scalar::alone(text) } else { Scalar::Text(text.to_owned()) }))
}

fn parse_list(rest: &str, end: char, whole: &str) -> Result<Vec<Scalar>, QueryError> {
    let inner = rest.strip_suffix(end).ok_or_else(|| QueryError::List(whole.to_owned()))?;
    let items = inner.split(' ').map(Scalar::among_others);
    Ok(items.filter(|item| !matches!(item, Scalar::Text(text) if text.is_empty())).collect())
}

/// Reads a `sort`: `field1,-field2`. Nothing is refused; unknown keys are dropped where the list is made.
pub fn parse_sort(sort: &str) -> Vec<Sort> {
    sort.split(',')
        .map(str::trim)
        .filter(|key| !key.is_empty() && *key != "-")
        .map(|key| match key.strip_prefix('-') {
            Some(key) => Sort { key: key.to_ascii_lowercase(), descending: true },
            None => Sort { key: key.to_ascii_lowercase(), descending: false },
        })
        .collect()
}

/// Filters, order and page of one list request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// All must match.
    pub filters: Vec<Filter>,
    /// In this order; empty means the list's own.
    pub sort: Vec<Sort>,
    /// Which slice.
    pub page: crate::page::Page,
}

impl ListQuery {
    /// The filter on a field, if there is one.
    pub fn filter(&self, field: &str) -> Option<&Match> {
        self.filters.iter().find(|filter| is_key_of(field, &filter.key)).map(|filter| &filter.matches)
    }
}

/// Whether a key of a request means a field. Harbor knows fields by two names, `creation_time` and `CreationTime`, and
/// keys are in lower case here.
pub fn is_key_of(field: &str, key: &str) -> bool {
    let is_letter = |byte: &u8| *byte != b'_';
    field.bytes().filter(is_letter).eq(key.bytes().filter(is_letter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(q: &str) -> Match {
        parse_q(q).unwrap().remove(0).matches
    }

    #[test]
    fn every_kind_of_match() {
        assert_eq!(one("name=a"), Match::Exact(Scalar::Text("a".into())));
        assert_eq!(one("n=5"), Match::Exact(Scalar::Number(5)));
        assert_eq!(one("name=~li"), Match::Fuzzy("li".into()));
        assert_eq!(one("n=[1~]"), Match::Range(Some(Scalar::Number(1)), None));
        assert_eq!(
            one("t=[2020-01-01T00:00:00~3]"),
            Match::Range(Some(Scalar::Time(1_577_836_800_000_000)), Some(Scalar::Number(3)))
        );
        assert_eq!(one("n={1 x}"), Match::Any(vec![Scalar::Number(1), Scalar::Text("x".into())]));
        assert_eq!(one("labels=(1 2)"), Match::All(vec![Scalar::Number(1), Scalar::Number(2)]));
        assert_eq!(one("name=\\~x"), Match::Exact(Scalar::Text("~x".into())));
        assert_eq!(parse_q("Name__icontains=a,b=c").unwrap()[0].key, "name");
        assert_eq!(one("n__gte=5"), Match::Range(Some(Scalar::Number(5)), None));
        assert_eq!(one("n__lte=5"), Match::Range(None, Some(Scalar::Number(5))));
        assert_eq!(one("n__gt=5"), Match::Above(Scalar::Number(5)));
        assert_eq!(one("n__lt=5"), Match::Below(Scalar::Number(5)));
        assert_eq!(one("n__exact=5"), one("n=5"));
        assert_eq!(one("n__in={5 6}"), one("n={5 6}"));
    }

    #[test]
    fn what_looks_like_a_number_stays_as_it_was_written() {
        let text = |text: &str| Scalar::Text(text.to_owned());
        for written in ["007", "+5", "-0", "1e3", "99999999999999999999", "2020-1-1T00:00:00", "\"a\""] {
            assert_eq!(one(&format!("tags={written}")), Match::Exact(text(written)));
        }
        assert_eq!(one("tags=-5"), Match::Exact(Scalar::Number(-5)));
        assert_eq!(Scalar::alone("2020-01-01T00:00:00").as_text(), "2020-01-01T00:00:00");
        // Quotes are taken off where Harbor takes them off.
        assert_eq!(one("n={'12' \"a\" b '' 3}"), Match::Any(vec![text("12"), text("a"), text("b"), Scalar::Number(3)]));
        assert_eq!(one("n=['a'~ 5 ]"), Match::Range(Some(text("a")), Some(Scalar::Number(5))));
    }

    #[test]
    fn a_field_has_two_names() {
        assert!(is_key_of("creation_time", "creation_time") && is_key_of("creation_time", "creationtime"));
        assert!(!is_key_of("creation_time", "update_time") && !is_key_of("name", "names"));
        let query = ListQuery { filters: parse_q("ProjectID=5").unwrap(), ..ListQuery::default() };
        assert_eq!(query.filter("project_id"), Some(&Match::Exact(Scalar::Number(5))));
    }

    #[test]
    fn what_is_no_query() {
        for bad in ["a", "=a", "a=", "a=~", "a=[1]", "a=[~]", "a=[1~2~3]", "a={1", "a=(1", "a=b,"] {
            assert!(parse_q(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_q(""), Ok(vec![]));
        let conditions = |count| vec!["a=b"; count].join(",");
        assert!(parse_q(&conditions(FILTERS_MAX)).is_ok());
        assert_eq!(parse_q(&conditions(FILTERS_MAX + 1)), Err(QueryError::TooMany));
        assert_eq!(parse_q(&format!("labels=({})", "1 ".repeat(FILTERS_MAX + 1))), Err(QueryError::TooMany));
    }

    #[test]
    fn sort_keys() {
        assert_eq!(
            parse_sort("Name,-creation_time,,-"),
            [Sort { key: "name".into(), descending: false }, Sort { key: "creation_time".into(), descending: true }]
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse_q(&text);
            let _ = parse_sort(&text);
        }
    }
}
