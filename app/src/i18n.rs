//! The language of a page: chosen by the server, handed down by context, read by `t!` and `tn!`.

pub use berth_i18n::{Catalog, Key, Locale, keys};
use leptos::prelude::*;

/// The cookie that remembers the language.
pub const COOKIE: &str = "berth_lang";
/// The query parameter that changes the language.
pub const QUERY: &str = "lang";

/// Hands the messages down to the components below.
pub fn provide_catalog(catalog: Catalog) {
    provide_context(catalog);
}

/// The messages of the page. Take them before an `await`: the context is gone after it.
pub fn use_catalog() -> Catalog {
    use_context::<Catalog>().unwrap_or_else(Catalog::fallback)
}

/// The language for a visitor: what was just asked for, else what was chosen before, else what the browser prefers.
pub fn choose(query: Option<&str>, cookie: Option<&str>, accept_language: Option<&str>) -> Locale {
    query
        .and_then(Locale::from_code)
        .or_else(|| cookie.and_then(Locale::from_code))
        .unwrap_or_else(|| Locale::from_accept_language(accept_language.unwrap_or_default()))
}

/// Chooses the language of the request being rendered, hands its messages down and remembers a choice made by query.
#[cfg(feature = "ssr")]
pub fn provide_for_request() -> Locale {
    let asked = crate::preference::asked(QUERY, COOKIE);
    let accept = use_context::<http::request::Parts>()
        .and_then(|parts| parts.headers.get(http::header::ACCEPT_LANGUAGE)?.to_str().ok().map(str::to_owned));
    let locale = choose(asked.query.as_deref(), asked.cookie.as_deref(), accept.as_deref());
    if asked.query.as_deref().and_then(Locale::from_code).is_some() {
        crate::preference::remember(COOKIE, locale.code());
    }
    provide_catalog(Catalog::of(locale));
    locale
}

/// A message of the page as a `String`: `t!(keys::nav::PROJECTS)`, `t!(keys::page::OF, name = project, other = 3)`.
#[macro_export]
macro_rules! t {
    ($key:expr $(,)?) => { $crate::i18n::use_catalog().get($key).to_owned() };
    ($key:expr, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::i18n::use_catalog().format($key, &[$((stringify!($name), $value.to_string().as_str())),+])
    };
}

/// A message with a number as a `String`: `tn!(keys::repository::TAGS, 14)`. `{count}` is the number, digits grouped.
#[macro_export]
macro_rules! tn {
    ($key:expr, $n:expr $(, $name:ident = $value:expr)* $(,)?) => {{
        let n: u64 = $n;
        $crate::i18n::use_catalog().plural(
            $key,
            n,
            &[("count", $crate::format::count(n).as_str()) $(, (stringify!($name), $value.to_string().as_str()))*],
        )
    }};
}

/// A link for each other language. A plain link to the same page: the answer comes in that language and sets the cookie.
#[component]
pub fn LanguageLinks(
    /// The query string to keep (`page=2`), without what chooses a language.
    #[prop(optional, into)]
    keep: String,
) -> impl IntoView {
    let current = use_catalog().locale();
    let links = Locale::ALL.iter().filter(|locale| **locale != current).map(|locale| {
        let href = crate::ui::with_query(&keep, &[(QUERY, Some(locale.code()))]);
        // `rel` keeps the router from answering the click: another language is another document.
        view! {
            <a class="btn btn-ghost btn-s" href=href rel="external" lang=locale.code() hreflang=locale.code()>
                {locale.name()}
            </a>
        }
    });
    links.collect_view()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_choice_wins() {
        assert_eq!(choose(Some("zh-CN"), Some("en"), Some("en")), Locale::ZhCn);
        assert_eq!(choose(Some("tlh"), Some("zh-CN"), Some("en")), Locale::ZhCn);
        assert_eq!(choose(None, None, Some("zh")), Locale::ZhCn);
        assert_eq!(choose(None, None, None), Locale::En);
    }

    #[test]
    fn messages_follow_the_context() {
        let owner = Owner::new();
        owner.with(|| {
            provide_catalog(Catalog::of(Locale::ZhCn));
            assert_eq!(t!(keys::nav::PROJECTS), "项目");
            assert_eq!(tn!(keys::count::TAGS, 1234), "1\u{202f}234 个标签");
            provide_catalog(Catalog::of(Locale::En));
            assert_eq!(tn!(keys::count::TAGS, 1), "1 tag");
            assert_eq!(t!(keys::pager::RANGE, from = 1, to = 25, total = 60), "1–25 of 60");
        });
    }
}
