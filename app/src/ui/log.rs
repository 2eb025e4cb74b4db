//! A log that can be followed.

use super::{Glyph, Icon, MaybeText};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When, as the machine writes it.
    pub at: String,
    /// `info`, `warn` or `error`.
    pub level: String,
    /// What.
    pub text: String,
}

impl LogLine {
    /// Reads `2026-03-14T09:35:58.104Z [INFO] text`. A line of another shape is all text.
    pub fn read(line: &str) -> Self {
        let read = || {
            let (at, rest) = line.split_once(" [")?;
            let (level, text) = rest.split_once("] ").or_else(|| Some((rest.strip_suffix(']')?, "")))?;
            let is_time = at.len() > 19 && at.as_bytes().get(10) == Some(&b'T');
            let level = level.to_ascii_lowercase();
            is_time.then(|| LogLine { at: at.to_owned(), level, text: text.to_owned() })
        };
        read().unwrap_or_else(|| LogLine { at: String::new(), level: String::new(), text: line.to_owned() })
    }

    /// Hours, minutes and seconds.
    fn clock(&self) -> &str {
        self.at.get(11..).map_or("", |clock| clock.trim_end_matches('Z'))
    }
}

/// A log in a card. With script it stays at its end while it is followed.
#[component]
pub fn LogCard(
    /// What it is the log of.
    #[prop(into)]
    title: String,
    /// The lines that are shown.
    lines: Vec<LogLine>,
    /// The number of the first of them, from 1.
    #[prop(default = 1)]
    first: usize,
    /// Whether more may come.
    live: bool,
    /// Whether the end stays in view.
    follow: RwSignal<bool>,
    /// What is said where there are no lines.
    #[prop(into)]
    empty: String,
    /// Where the whole log is.
    #[prop(optional, into)]
    download: MaybeText,
) -> impl IntoView {
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        if let (true, true, Some(log)) = (live, follow.get(), place.get()) {
            log.set_scroll_top(log.scroll_height());
        }
    });
    let row = move |(index, line): (usize, LogLine)| {
        let clock = line.clock().to_owned();
        let LogLine { at, level, text } = line;
        let word = level.clone();
        view! {
            <li data-lv=level>
                <span aria-hidden="true">{first + index}</span>
                <time datetime=at>{clock}</time>
                <span class="lv">{word}</span>
                <span>{text}</span>
            </li>
        }
    };
    let body = if lines.is_empty() {
        view! { <div class="card-body muted">{empty}</div> }.into_any()
    } else {
        let rows = lines.into_iter().enumerate().map(row).collect_view();
        view! {
            <div class="log" role="log" tabindex="0" aria-label=title.clone() node_ref=place>
                <ol>{rows}</ol>
            </div>
        }
        .into_any()
    };
    let streaming = live.then(|| view! { <span class="live">{t!(keys::log::STREAMING)}</span> });
    let button = live.then(|| {
        view! {
            <button
                type="button"
                class="btn btn-s"
                aria-pressed=move || if follow.get() { "true" } else { "false" }
                on:click=move |_| follow.update(|follow| *follow = !*follow)
            >
                <Icon name=Glyph::Down />
                {t!(keys::log::FOLLOW)}
            </button>
        }
    });
    let download = download.0.map(|href| {
        view! {
            <a class="btn btn-s" href=href rel="external" download="">
                <Icon name=Glyph::Download />
                {t!(keys::log::DOWNLOAD)}
            </a>
        }
    });
    let label = title.clone();
    view! {
        <section class="card card-clip" aria-label=label>
            <div class="card-head">
                <h2>{title}</h2>
                {streaming}
                <span class="push row">{button} {download}</span>
            </div>
            {body}
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_or_shown_as_they_are() {
        let line = LogLine::read("2026-03-14T09:35:58.104Z [INFO] removed 3 blobs [x] ok");
        assert_eq!((line.level.as_str(), line.clock()), ("info", "09:35:58.104"));
        assert_eq!(line.text, "removed 3 blobs [x] ok");
        assert_eq!(LogLine::read("2026-03-14T09:35:58.104Z [ERROR] ").level, "error");
        for odd in ["", "text", "a [b] c", "2026-03-14T09:35:58.104Z [half"] {
            assert_eq!(LogLine::read(odd).text, odd);
        }
    }
}
