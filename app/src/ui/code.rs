//! Blocks of code that scroll sideways, reachable by keyboard.

use super::{CopyButton, Glyph, Icon, MaybeText};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// Code or a document as it is.
#[component]
pub fn CodeBlock(
    /// The text.
    #[prop(into)]
    text: String,
    /// What it is: "shell", "manifest".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let copied = text.clone();
    view! { <CodeFrame label=label copied=copied>{text}</CodeFrame> }
}

/// A JSON document with lines and colours. What is copied are its exact bytes.
#[component]
pub fn JsonBlock(
    /// The document as it is.
    #[prop(into)]
    text: String,
    /// What it is: "manifest".
    #[prop(into)]
    label: String,
    /// Where the exact bytes can be had.
    #[prop(optional, into)]
    download: MaybeText,
    /// The name of the file that is saved.
    #[prop(optional, into)]
    file: String,
) -> impl IntoView {
    let words = pretty(&text).into_iter().map(|word| match word.kind.class() {
        Some(class) => view! { <span class=class>{word.text}</span> }.into_any(),
        None => word.text.into_any(),
    });
    let words = words.collect_view();
    view! {
        <CodeFrame label=label copied=text download=download.0 file=file>
            {words}
        </CodeFrame>
    }
}

#[component]
fn CodeFrame(
    label: String,
    copied: String,
    #[prop(optional_no_strip)] download: Option<String>,
    #[prop(optional)] file: String,
    children: Children,
) -> impl IntoView {
    let copy = t!(keys::copy::NAMED, name = label);
    let link = download.map(|href| view! { <DownloadLink href=href file=file name=label.clone() /> });
    view! {
        <div class="code">
            <div class="code-head">
                <span>{label.clone()}</span>
                <CopyButton text=copied label=copy />
                {link}
            </div>
            <pre tabindex="0" role="region" aria-label=label>
                {children()}
            </pre>
        </div>
    }
}

/// A link that saves a file.
#[component]
pub fn DownloadLink(
    /// Where the bytes are.
    #[prop(into)]
    href: String,
    /// The name under which they are saved.
    #[prop(into)]
    file: String,
    /// What they are, for the name of the link.
    #[prop(into)]
    name: String,
) -> impl IntoView {
    let label = t!(keys::common::DOWNLOAD_NAMED, name = name);
    view! {
        <a
            class="btn btn-ghost btn-icon btn-s"
            href=href
            download=file
            rel="external"
            aria-label=label.clone()
            title=label
        >
            <Icon name=Glyph::Download />
        </a>
    }
}

/// A piece of a document.
#[derive(Debug, PartialEq, Eq)]
struct Word {
    kind: Kind,
    text: String,
}

/// What a piece of a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The name of a field.
    Name,
    /// A text.
    Text,
    /// Anything else.
    Plain,
}

impl Kind {
    const fn class(self) -> Option<&'static str> {
        match self {
            Kind::Name => Some("k"),
            Kind::Text => Some("s"),
            Kind::Plain => None,
        }
    }
}

/// JSON with line breaks. Nothing but white space between the words is changed, so numbers, order and escapes stay; what
/// is no JSON stays readable.
fn pretty(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut plain = String::new();
    let mut depth = 0_usize;
    let mut rest = text.trim();
    let line = |plain: &mut String, depth: usize| {
        plain.push('\n');
        plain.extend(std::iter::repeat_n("  ", depth.min(DEPTH_MAX)));
    };
    while let Some(first) = rest.chars().next() {
        if first == '"' {
            let (string, after) = rest.split_at(string_end(rest));
            let kind = if after.trim_start().starts_with(':') { Kind::Name } else { Kind::Text };
            if !plain.is_empty() {
                words.push(Word { kind: Kind::Plain, text: std::mem::take(&mut plain) });
            }
            words.push(Word { kind, text: string.to_owned() });
            rest = after;
            continue;
        }
        rest = rest.split_at(first.len_utf8()).1;
        match first {
            '{' | '[' => {
                plain.push(first);
                let inner = rest.trim_start();
                let end = if first == '{' { '}' } else { ']' };
                // What is empty stays on its line.
                if let Some(after) = inner.strip_prefix(end) {
                    plain.push(end);
                    rest = after;
                } else {
                    depth += 1;
                    line(&mut plain, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut plain, depth);
                plain.push(first);
            }
            ',' => {
                plain.push(first);
                line(&mut plain, depth);
            }
            ':' => plain.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => plain.push(other),
        }
    }
    if !plain.is_empty() {
        words.push(Word { kind: Kind::Plain, text: plain });
    }
    words
}

/// The deepest indentation that is drawn.
const DEPTH_MAX: usize = 24;

/// Where the string ends that a text begins with; the end of the text where it does not.
fn string_end(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str) -> String {
        pretty(text).into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn documents_get_lines_and_keep_their_words() {
        let text = r#"{"b":1.0e3,"a":[{"x":"y, {\" z"},[]],"e":{ },"n":null}"#;
        let expected = "{\n  \"b\": 1.0e3,\n  \"a\": [\n    {\n      \"x\": \"y, {\\\" z\"\n    },\n    []\n  ],\n  \"e\": {},\n  \"n\": null\n}";
        assert_eq!(drawn(text), expected);
        assert_eq!(drawn(expected), expected, "what has lines keeps them");
    }

    #[test]
    fn names_and_texts_are_told_apart() {
        let words = pretty(r#"{"a" : "b"}"#);
        let kinds: Vec<Kind> = words.iter().map(|word| word.kind).collect();
        assert_eq!(kinds, [Kind::Plain, Kind::Name, Kind::Plain, Kind::Text, Kind::Plain]);
    }

    #[test]
    fn what_is_no_json_stays_readable() {
        for text in ["", "]]]", "\"open", "{\"a\"", "é→\"\\", &"[".repeat(1000)] {
            let words: String = drawn(text).split_whitespace().collect();
            assert_eq!(words, text.split_whitespace().collect::<String>(), "{text}");
        }
    }
}
