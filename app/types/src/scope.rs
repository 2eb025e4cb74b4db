//! Token scopes: `type ":" name ":" action{","action}` (distribution spec, "token scope").

/// What a token request asks for, or what a token grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// `repository`, `registry`, or something unknown.
    pub kind: String,
    /// The repository's full name, or `catalog`. May contain colons.
    pub name: String,
    /// `pull`, `push`, `delete`, `*`, or something unknown.
    pub actions: Vec<String>,
}

impl Scope {
    /// Reads one scope. A text without colons is a scope of that kind with no name and no actions, as in Harbor.
    pub fn parse(text: &str) -> Scope {
        let Some((kind, rest)) = text.split_once(':') else {
            return Scope { kind: text.to_owned(), name: String::new(), actions: Vec::new() };
        };
        let (name, actions) = rest.rsplit_once(':').unwrap_or((rest, ""));
        Scope {
            kind: kind.to_owned(),
            name: name.to_owned(),
            actions: actions.split(',').filter(|action| !action.is_empty()).map(str::to_owned).collect(),
        }
    }

    /// Reads all values of the `scope` parameter, each of which may hold several scopes with spaces between.
    pub fn parse_all<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Scope> {
        values.flat_map(|value| value.split(' ')).filter(|text| !text.is_empty()).map(Scope::parse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_read_as_clients_send_them() {
        let scopes = Scope::parse_all(
            ["repository:a/b:pull,push repository:c:5000/d:pull", "registry:catalog:*", "hello", ""].into_iter(),
        );
        assert_eq!(scopes.len(), 4);
        assert_eq!(scopes[0].actions, ["pull", "push"]);
        assert_eq!(scopes[1].name, "c:5000/d");
        assert_eq!(scopes[2].name, "catalog");
        assert_eq!(scopes[3], Scope { kind: "hello".into(), name: String::new(), actions: vec![] });
    }
}
