//! One style sheet out of many: `@import` inlined, then minified for the browsers we support.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};

/// Reads a sheet with all that it imports and gives it back minified.
pub fn build(entry: &Path) -> anyhow::Result<String> {
    minify(&bundle(entry, &mut Vec::new())?, entry)
}

/// With these browsers nesting and `light-dark()` pass unchanged. Lowered, `light-dark()` would follow only a
/// `color-scheme` that stands in the sheet.
fn targets() -> Targets {
    let version = |major: u32, minor: u32| Some(major << 16 | minor << 8);
    Targets::from(Browsers {
        chrome: version(125, 0),
        firefox: version(125, 0),
        safari: version(17, 5),
        ..Browsers::default()
    })
}

fn minify(sheet: &str, entry: &Path) -> anyhow::Result<String> {
    let mut parsed = parse(sheet, entry)?;
    parsed
        .minify(MinifyOptions { targets: targets(), ..MinifyOptions::default() })
        .map_err(|error| anyhow!("{}: {}", entry.display(), error.kind))?;
    let printed = parsed
        .to_css(PrinterOptions { minify: true, targets: targets(), ..PrinterOptions::default() })
        .map_err(|error| anyhow!("{}: {}", entry.display(), error.kind))?;
    Ok(printed.code)
}

/// Errors borrow the sheet, so they leave as text, with lines counted from one.
fn parse<'s>(sheet: &'s str, path: &Path) -> anyhow::Result<StyleSheet<'s>> {
    StyleSheet::parse(sheet, ParserOptions::default()).map_err(|error| match error.loc {
        Some(place) => anyhow!("{}:{}:{}: {}", path.display(), place.line + 1, place.column, error.kind),
        None => anyhow!("{}: {}", path.display(), error.kind),
    })
}

/// Replaces each `@import` line by the imported sheet, wrapped in what the line says. `parents` are the sheets being read.
fn bundle(path: &Path, parents: &mut Vec<PathBuf>) -> anyhow::Result<String> {
    if parents.iter().any(|parent| parent == path) {
        bail!("{} imports itself", path.display());
    }
    let sheet = fs::read_to_string(path).with_context(|| format!("could not read {}", path.display()))?;
    // On its own first, so that an error names this file and its line.
    parse(&sheet, path)?;
    parents.push(path.to_owned());
    let mut bundled = String::with_capacity(sheet.len());
    for line in sheet.lines() {
        if let Some(import) = Import::parse(line).with_context(|| format!("{}: `{line}`", path.display()))? {
            let imported = bundle(&path.with_file_name(&import.file), parents)?;
            bundled.push_str(&import.wrap(&imported));
        } else {
            bundled.push_str(line);
        }
        bundled.push('\n');
    }
    parents.pop();
    Ok(bundled)
}

/// `@import url("file") layer(name) media;`, all but the file optional.
#[derive(Debug, PartialEq, Eq)]
struct Import {
    file: String,
    /// `Some("")` is a layer without a name.
    layer: Option<String>,
    media: String,
}

impl Import {
    fn parse(line: &str) -> anyhow::Result<Option<Self>> {
        let Some(rest) = line.trim().strip_prefix("@import") else { return Ok(None) };
        let rest = rest.trim().strip_suffix(';').context("an import is one line that ends in a semicolon")?;
        let (file, rest) = match rest.strip_prefix("url(") {
            Some(rest) => rest.split_once(')').context("url( is not closed")?,
            None => {
                let quote =
                    rest.chars().next().filter(|c| matches!(c, '"' | '\'')).context("a quoted file or url()")?;
                rest[1..].split_once(quote).context("the file's quote is not closed")?
            }
        };
        let rest = rest.trim();
        let (layer, media) = if let Some(rest) = rest.strip_prefix("layer(") {
            let (name, media) = rest.split_once(')').context("layer( is not closed")?;
            (Some(name.trim().to_owned()), media)
        } else if let Some(media) =
            rest.strip_prefix("layer").filter(|media| media.is_empty() || media.starts_with(' '))
        {
            (Some(String::new()), media)
        } else {
            (None, rest)
        };
        if media.contains("supports(") {
            bail!("supports() in an import is not handled");
        }
        let file = file.trim().trim_matches(['"', '\'']).to_owned();
        Ok(Some(Self { file, layer, media: media.trim().to_owned() }))
    }

    fn wrap(&self, sheet: &str) -> String {
        let layered = match self.layer.as_deref() {
            None => sheet.to_owned(),
            Some("") => format!("@layer {{\n{sheet}}}"),
            Some(name) => format!("@layer {name} {{\n{sheet}}}"),
        };
        if self.media.is_empty() { layered } else { format!("@media {} {{\n{layered}}}", self.media) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Import, build, minify};

    fn import(file: &str, layer: Option<&str>, media: &str) -> Import {
        Import { file: file.to_owned(), layer: layer.map(str::to_owned), media: media.to_owned() }
    }

    #[test]
    fn every_form_of_import_is_understood() {
        let parse = |line| Import::parse(line).unwrap().unwrap();
        assert_eq!(parse("@import \"a.css\";"), import("a.css", None, ""));
        assert_eq!(parse("  @import 'a.css' layer;"), import("a.css", Some(""), ""));
        assert_eq!(parse("@import url(a.css) layer(base);"), import("a.css", Some("base"), ""));
        assert_eq!(parse("@import url(\"a.css\") layer(a.b) print;"), import("a.css", Some("a.b"), "print"));
        assert_eq!(parse("@import \"a.css\" (width > 40em);"), import("a.css", None, "(width > 40em)"));
        assert!(Import::parse(".a { color: red }").unwrap().is_none());
    }

    #[test]
    fn what_cannot_be_inlined_is_refused() {
        for line in ["@import \"a.css\"", "@import a.css;", "@import url(a.css;", "@import \"a\" supports(gap: 1px);"] {
            assert!(Import::parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn imports_are_inlined_in_order_and_in_their_layers() {
        let folder = std::env::temp_dir().join(format!("berth-xtask-css-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let index = "@layer a, b;\n@import \"one.css\" layer(a);\n@import url(two.css) layer(b);\n";
        fs::write(folder.join("index.css"), index).unwrap();
        fs::write(folder.join("one.css"), ".one { color: red; }\n").unwrap();
        fs::write(folder.join("two.css"), "@import \"three.css\";\n.two { & a { color: red; } }\n").unwrap();
        fs::write(folder.join("three.css"), ".three { color: light-dark(red, blue); }\n").unwrap();
        let sheet = build(&folder.join("index.css")).unwrap();
        fs::remove_dir_all(folder).unwrap();
        let expected = "@layer a{.one{color:red}}@layer b{.three{color:light-dark(red,#00f)}.two{& a{color:red}}}";
        assert_eq!(sheet, expected);
    }

    #[test]
    fn a_sheet_that_imports_itself_is_refused() {
        let folder = std::env::temp_dir().join(format!("berth-xtask-loop-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.css"), "@import \"b.css\";\n").unwrap();
        fs::write(folder.join("b.css"), "@import \"a.css\";\n").unwrap();
        let error = build(&folder.join("a.css")).unwrap_err();
        fs::remove_dir_all(folder).unwrap();
        assert!(error.to_string().ends_with("a.css imports itself"), "{error}");
    }

    #[test]
    fn a_broken_sheet_names_its_place() {
        let error = minify(".a { color: red; } }", Path::new("x.css")).unwrap_err();
        assert!(error.to_string().starts_with("x.css:1:21: "), "{error}");
    }
}
