//! Typed messages of the portal, one locale loaded at a time.
//!
//! `app/locales/en.json` defines the keys; the build script makes a constant of each, so that a key which does not exist
//! is a build error. On the server the texts of all languages are in the binary. In the browser none are: the loader
//! fetches the file of one language and hands it to [`load`].

mod flatten;
mod plural;

use flatten::{Raw, fingerprint, flatten};
pub use plural::Form;
use std::sync::OnceLock;

include!(concat!(env!("OUT_DIR"), "/keys.rs"));
include!(concat!(env!("OUT_DIR"), "/locale.rs"));
include!(concat!(env!("OUT_DIR"), "/tables.rs"));

/// A message, by its place among all messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key(u16);

/// The text of a message in one language.
#[derive(Clone, Copy, Debug)]
enum Message {
    Text(&'static str),
    Plural(&'static [(&'static str, &'static str)]),
}

impl Message {
    fn form(&self, form: Form) -> &'static str {
        match self {
            Message::Text(text) => text,
            Message::Plural(forms) => {
                let of = |name: &str| forms.iter().find(|(form, _)| *form == name).map(|(_, text)| *text);
                of(form.name()).or_else(|| of(Form::Other.name())).unwrap_or_default()
            }
        }
    }
}

/// All messages of one language. Small to copy: the texts live as long as the program.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    locale: Locale,
    messages: &'static [Message],
}

/// Why a fetched locale file was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// Not JSON, or a value that is no message: the path of it.
    Malformed(String),
    /// Another set of keys: the file belongs to another build.
    OtherBuild,
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Malformed(path) => write!(f, "the locale file is malformed at {path}"),
            LoadError::OtherBuild => f.write_str("the locale file belongs to another build"),
        }
    }
}

impl std::error::Error for LoadError {}

/// The language loaded by [`load`], for code that runs outside any reactive owner (event handlers in the browser).
static LOADED: OnceLock<Catalog> = OnceLock::new();

/// Takes the text of a locale file, fetched by the browser. The texts stay in memory until the page is left; a change of
/// language is a new page.
pub fn load(locale: Locale, text: &str) -> Result<Catalog, LoadError> {
    let root = serde_json::from_str(text).map_err(|error| LoadError::Malformed(error.to_string()))?;
    let messages = flatten(&root).map_err(|at| LoadError::Malformed(at.0))?;
    if fingerprint(messages.iter().map(|(path, _)| path.as_str())) != FINGERPRINT {
        return Err(LoadError::OtherBuild);
    }
    let keep = |text: &str| -> &'static str { Box::leak(text.to_owned().into_boxed_str()) };
    let messages = messages.into_iter().map(|(_, raw)| match raw {
        Raw::Text(text) => Message::Text(keep(text)),
        Raw::Plural(forms) => {
            let forms: Vec<_> = forms.into_iter().map(|(form, text)| (keep(form), keep(text))).collect();
            Message::Plural(Box::leak(forms.into_boxed_slice()))
        }
    });
    let catalog = Catalog { locale, messages: Box::leak(messages.collect()) };
    Ok(*LOADED.get_or_init(|| catalog))
}

impl Catalog {
    /// The messages of `locale`.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn of(locale: Locale) -> Catalog {
        Catalog { locale, messages: table(locale) }
    }

    /// The messages to use where none were handed down: the loaded ones in the browser, the default language elsewhere.
    pub fn fallback() -> Catalog {
        if let Some(loaded) = LOADED.get() {
            return *loaded;
        }
        #[cfg(not(target_arch = "wasm32"))]
        return Catalog::of(Locale::default());
        #[cfg(target_arch = "wasm32")]
        Catalog { locale: Locale::default(), messages: &[] }
    }

    /// The language of these messages.
    pub const fn locale(&self) -> Locale {
        self.locale
    }

    /// The text of `key` as it is, placeholders included.
    pub fn get(&self, key: Key) -> &'static str {
        self.text(key, Form::Other)
    }

    /// The text of `key` with `{name}` replaced by the value given for `name`.
    pub fn format(&self, key: Key, args: &[(&str, &str)]) -> String {
        interpolate(self.text(key, Form::Other), args)
    }

    /// The text of `key` in the form for `n`. `{count}` is `n` in plain digits unless `args` says otherwise.
    pub fn plural(&self, key: Key, n: u64, args: &[(&str, &str)]) -> String {
        let count = n.to_string();
        let mut args = args.to_vec();
        args.push(("count", &count));
        interpolate(self.text(key, plural::form(self.locale.code(), n)), &args)
    }

    fn text(&self, key: Key, form: Form) -> &'static str {
        self.messages.get(usize::from(key.0)).map(|message| message.form(form)).unwrap_or_default()
    }
}

/// Replaces `{name}`; the first value of a name counts, a name without value stays as it is.
fn interpolate(text: &str, args: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = &rest[before.len()..];
            break;
        };
        match args.iter().find(|(given, _)| *given == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["{", name, "}"]),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

impl Locale {
    /// The language with this code, in any case.
    pub fn from_code(code: &str) -> Option<Locale> {
        Locale::ALL.iter().copied().find(|locale| locale.code().eq_ignore_ascii_case(code))
    }

    /// The plural forms that messages of this language have.
    pub fn plural_forms(self) -> &'static [Form] {
        plural::forms(self.code())
    }

    /// The best language for an `Accept-Language` header, the default when nothing fits.
    pub fn from_accept_language(header: &str) -> Locale {
        let mut wanted: Vec<(&str, f32)> = header
            .split(',')
            .filter_map(|item| {
                let mut parts = item.split(';').map(str::trim);
                let tag = parts.next().filter(|tag| !tag.is_empty())?;
                let quality = parts.find_map(|part| part.strip_prefix("q=")).map_or(Some(1.0), |q| q.parse().ok())?;
                (quality > 0.0).then_some((tag, quality))
            })
            .collect();
        // Stable: languages of equal weight keep their order.
        wanted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        wanted.into_iter().find_map(|(tag, _)| Locale::from_range(tag)).unwrap_or_default()
    }

    /// `zh-CN` for `zh-CN`, `zh`, `zh-Hans-SG`; also for other variants of the same language while they have no file.
    fn from_range(range: &str) -> Option<Locale> {
        let primary = |code: &str| code.split('-').next().unwrap_or_default().to_ascii_lowercase();
        Locale::from_code(range)
            .or_else(|| Locale::ALL.iter().copied().find(|locale| primary(locale.code()) == primary(range)))
    }
}

#[cfg(test)]
mod tests;
