//! Turns `../locales/*.json` into key constants, the `Locale` enum and, for native targets, the tables of texts.

#[path = "src/flatten.rs"]
mod flatten;

use flatten::{Raw, fingerprint, flatten};
use serde_json::Value;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The language that defines the keys.
const SOURCE: &str = "en";

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo runs it in the package's folder. A path fixed when it was built would be wrong once the workspace moves.
    let folder = Path::new("../locales");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/flatten.rs");
    println!("cargo::rerun-if-changed={}", folder.display());
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);

    let mut locales: BTreeMap<String, Value> = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let Some(code) = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json"))
        else {
            continue;
        };
        println!("cargo::rerun-if-changed={}", path.display());
        let value =
            serde_json::from_str(&std::fs::read_to_string(&path)?).map_err(|error| format!("{code}.json: {error}"))?;
        locales.insert(code.to_owned(), value);
    }
    let source = locales.get(SOURCE).ok_or("locales/en.json is missing")?;
    let keys = flatten(source).map_err(|at| format!("en.json: {} is not a text, a plural or a group", at.0))?;

    std::fs::write(out.join("keys.rs"), key_constants(&keys)?)?;
    // The source language first: it is the default and the first offered.
    let mut codes: Vec<&str> = vec![SOURCE];
    codes.extend(locales.keys().map(String::as_str).filter(|code| *code != SOURCE));
    std::fs::write(out.join("locale.rs"), locale_enum(&codes, &locales)?)?;
    std::fs::write(out.join("tables.rs"), tables(&codes, &locales, &keys)?)?;
    Ok(())
}

/// A constant for each key, in modules that follow the nesting of the file.
fn key_constants(keys: &[(String, Raw<'_>)]) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    let mut open: Vec<&str> = Vec::new();
    for (index, (path, raw)) in keys.iter().enumerate() {
        let segments: Vec<&str> = path.split('.').collect();
        let (name, groups) = segments.split_last().unwrap_or((&"", &[]));
        let shared = open.iter().zip(groups).take_while(|(a, b)| a == b).count();
        for _ in shared..open.len() {
            code.push_str("}\n");
        }
        open.truncate(shared);
        for group in &groups[shared..] {
            writeln!(code, "/// Messages under `{group}`.\npub mod {group} {{")?;
            open.push(group);
        }
        let text = match raw {
            Raw::Text(text) => text,
            Raw::Plural(forms) => forms.last().map_or("", |(_, text)| text),
        };
        let shown = text.replace('`', "'").replace('\n', " ");
        writeln!(code, "/// `{shown}`\npub const {}: crate::Key = crate::Key({index});", name.to_uppercase())?;
    }
    for _ in open {
        code.push_str("}\n");
    }
    Ok(format!("/// The keys of all messages.\npub mod keys {{\n{code}}}\n"))
}

/// The `Locale` enum: a variant for each file.
fn locale_enum(codes: &[&str], locales: &BTreeMap<String, Value>) -> Result<String, Box<dyn Error>> {
    let (mut variants, mut code_arms, mut name_arms, mut all) =
        (String::new(), String::new(), String::new(), String::new());
    for code in codes {
        let variant = variant(code);
        let name =
            locales[*code]["locale"]["name"].as_str().ok_or_else(|| format!("{code}.json has no locale.name"))?;
        let default = if *code == SOURCE { "#[default]" } else { "" };
        writeln!(variants, "/// {name}\n{default}\n{variant},")?;
        writeln!(code_arms, "Locale::{variant} => {code:?},")?;
        writeln!(name_arms, "Locale::{variant} => {name:?},")?;
        write!(all, "Locale::{variant}, ")?;
    }
    Ok(format!(
        "/// A language of the portal: one file under `app/locales`.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum Locale {{ {variants} }}
        impl Locale {{
            /// All languages, the default first.
            pub const ALL: &'static [Locale] = &[{all}];
            /// The BCP 47 code, as in `<html lang>` and in the name of the file.
            pub const fn code(self) -> &'static str {{ match self {{ {code_arms} }} }}
            /// The name of the language in that language.
            pub const fn name(self) -> &'static str {{ match self {{ {name_arms} }} }}
        }}"
    ))
}

/// The texts of each language in the order of the keys, and the fingerprint of the keys.
fn tables(
    codes: &[&str],
    locales: &BTreeMap<String, Value>,
    keys: &[(String, Raw<'_>)],
) -> Result<String, Box<dyn Error>> {
    let mut code = String::new();
    let mut arms = String::new();
    for locale in codes {
        let messages = flatten(&locales[*locale]).map_err(|at| format!("{locale}.json: {} is not usable", at.0))?;
        let messages: BTreeMap<&str, &Raw<'_>> = messages.iter().map(|(path, raw)| (path.as_str(), raw)).collect();
        let mut rows = String::new();
        for (path, source) in keys {
            // A gap is refused by the tests; the build fills it so that one language cannot stop work on the others.
            if !messages.contains_key(path.as_str()) {
                println!("cargo::warning={locale}.json has no {path}");
            }
            match messages.get(path.as_str()).copied().unwrap_or(source) {
                Raw::Text(text) => writeln!(rows, "Message::Text({text:?}),")?,
                Raw::Plural(forms) => writeln!(rows, "Message::Plural(&{forms:?}),")?,
            }
        }
        let name = variant(locale).to_uppercase();
        writeln!(code, "#[cfg(not(target_arch = \"wasm32\"))]\nstatic {name}: &[Message] = &[{rows}];")?;
        writeln!(arms, "Locale::{} => {name},", variant(locale))?;
    }
    let print = fingerprint(keys.iter().map(|(path, _)| path.as_str()));
    write!(
        code,
        "#[cfg(not(target_arch = \"wasm32\"))]
        fn table(locale: Locale) -> &'static [Message] {{ match locale {{ {arms} }} }}
        const FINGERPRINT: u64 = {print};"
    )?;
    Ok(code)
}

/// `zh-CN` → `ZhCn`.
fn variant(code: &str) -> String {
    let mut name = String::new();
    for part in code.split(['-', '_']) {
        let mut letters = part.chars();
        name.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        name.push_str(&letters.as_str().to_ascii_lowercase());
    }
    name
}
