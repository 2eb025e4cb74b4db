mod used;

use super::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

fn file(locale: Locale) -> String {
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../locales").join(format!("{}.json", locale.code()));
    std::fs::read_to_string(path).expect("a locale file")
}

fn owned(locale: Locale) -> BTreeMap<String, BTreeMap<String, String>> {
    let root: Value = serde_json::from_str(&file(locale)).expect("JSON");
    flatten(&root)
        .unwrap_or_else(|at| panic!("{}: {} is empty, null or of the wrong type", locale.code(), at.0))
        .into_iter()
        .map(|(path, raw)| {
            let forms = match raw {
                Raw::Text(text) => BTreeMap::from([(String::new(), text.to_owned())]),
                Raw::Plural(forms) => {
                    forms.into_iter().map(|(form, text)| (form.to_owned(), text.to_owned())).collect()
                }
            };
            (path, forms)
        })
        .collect()
}

/// The names between braces in `text`, in order of appearance.
fn placeholders(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else { break };
        names.push(name);
        rest = tail;
    }
    names
}

#[test]
fn all_languages_have_the_same_keys() {
    let source: BTreeSet<String> = owned(Locale::En).into_keys().collect();
    for locale in Locale::ALL {
        let keys: BTreeSet<String> = owned(*locale).into_keys().collect();
        assert_eq!(source.difference(&keys).collect::<Vec<_>>(), Vec::<&String>::new(), "{} lacks", locale.code());
        assert_eq!(
            keys.difference(&source).collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{} has too many",
            locale.code()
        );
    }
}

#[test]
fn placeholders_are_the_same_in_all_languages() {
    // A form for exactly one may leave the number out ("one tag").
    let names = |forms: &BTreeMap<String, String>| -> BTreeSet<String> {
        let main = forms.get("other").or_else(|| forms.get("")).expect("a main form");
        placeholders(main).into_iter().map(str::to_owned).collect()
    };
    let source = owned(Locale::En);
    for locale in Locale::ALL {
        for (path, forms) in owned(*locale) {
            let wanted = names(&source[&path]);
            assert_eq!(names(&forms), wanted, "{} in {}", path, locale.code());
            for text in forms.values() {
                let extra: Vec<&str> = placeholders(text).into_iter().filter(|name| !wanted.contains(*name)).collect();
                assert!(extra.is_empty(), "{path} in {} names {extra:?}", locale.code());
                assert_eq!(text.matches('{').count(), text.matches('}').count(), "braces of {path}");
            }
        }
    }
}

#[test]
fn plural_forms_are_those_of_the_language() {
    let source = owned(Locale::En);
    for locale in Locale::ALL {
        let wanted: BTreeSet<&str> = locale.plural_forms().iter().map(|form| form.name()).collect();
        for (path, forms) in owned(*locale) {
            let plural = !forms.contains_key("");
            assert_eq!(plural, !source[&path].contains_key(""), "{path} in {} is a plural or not", locale.code());
            if plural {
                let found: BTreeSet<&str> = forms.keys().map(String::as_str).collect();
                assert_eq!(found, wanted, "forms of {path} in {}", locale.code());
            }
        }
    }
}

#[test]
fn null_and_empty_texts_are_refused() {
    for bad in [r#"{"a": null}"#, r#"{"a": ""}"#, r#"{"a": {}}"#, r#"{"a": 1}"#, r#"{"a": {"other": null}}"#, "[]"] {
        let root: Value = serde_json::from_str(bad).expect("JSON");
        assert!(flatten(&root).is_err(), "{bad}");
    }
}

#[test]
fn texts_keep_to_the_words_of_the_design() {
    for (path, forms) in owned(Locale::En) {
        for text in forms.values() {
            let lower = text.to_lowercase();
            for word in ["please", "oops", "simply", "!"] {
                assert!(!lower.contains(word), "{path}: {text}");
            }
        }
    }
}

#[test]
fn a_loaded_file_equals_the_built_in_table() {
    let loaded = load(Locale::ZhCn, &file(Locale::ZhCn)).expect("loads");
    let built = Catalog::of(Locale::ZhCn);
    assert_eq!(loaded.get(keys::nav::PROJECTS), built.get(keys::nav::PROJECTS));
    assert_eq!(loaded.messages.len(), built.messages.len());
    assert_eq!(load(Locale::En, r#"{"a": "b"}"#).unwrap_err(), LoadError::OtherBuild);
    assert!(matches!(load(Locale::En, "{"), Err(LoadError::Malformed(_))));
}

#[test]
fn placeholders_are_filled() {
    assert_eq!(interpolate("{a} of {b}", &[("a", "1"), ("b", "2")]), "1 of 2");
    assert_eq!(interpolate("{a} {unknown} {", &[("a", "1")]), "1 {unknown} {");
    assert_eq!(interpolate("{a}", &[("a", "{b}"), ("b", "x")]), "{b}", "values are not texts to fill");
}

#[test]
fn numbers_take_their_form() {
    use Form::*;
    let cases = [("en", [Other, One, Other, Other]), ("fr", [One, One, Other, Other]), ("zh-CN", [Other; 4])];
    for (code, wanted) in cases {
        assert_eq!([0, 1, 2, 5].map(|n| plural::form(code, n)), wanted, "{code}");
    }
    assert_eq!([1, 3, 5, 11, 21, 22].map(|n| plural::form("ru", n)), [One, Few, Many, Many, One, Few]);
    assert_eq!([1, 3, 5, 21, 22].map(|n| plural::form("pl", n)), [One, Few, Many, Many, Few]);
}

#[test]
fn the_header_chooses_a_language() {
    let of = Locale::from_accept_language;
    assert_eq!(of("zh-CN,zh;q=0.9,en;q=0.8"), Locale::ZhCn);
    assert_eq!(of("zh-Hans-SG"), Locale::ZhCn);
    assert_eq!(of("en-GB, zh;q=0.5"), Locale::En);
    assert_eq!(of("en;q=0.2, ZH-cn;q=0.9"), Locale::ZhCn);
    assert_eq!(of("xx, zh;q=0"), Locale::En);
    assert_eq!(of(";;,q=,"), Locale::En);
    assert_eq!(of(""), Locale::En);
    assert_eq!(Locale::from_code("ZH-CN"), Some(Locale::ZhCn));
}
