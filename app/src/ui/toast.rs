//! Toasts: the result of the visitor's own action, at most three, never the only place of an error.

use super::{Glyph, Icon, IconButton, Size, classes};
use crate::i18n::keys;
use crate::t;
use leptos::prelude::*;
use std::time::Duration;

/// Toasts on screen at once.
const MOST: usize = 3;
/// How long one stays.
const STAY: Duration = Duration::from_secs(6);
/// How long to wait when it is being read.
const AGAIN: Duration = Duration::from_secs(1);

/// How it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    /// A neutral result.
    Info,
    /// Done.
    Ok,
    /// Not done. Stays until it is closed.
    Bad,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Toast {
    id: u64,
    kind: ToastKind,
    title: String,
    text: Option<String>,
}

/// The toasts of a page.
#[derive(Clone, Copy, Debug)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
    /// Pointer or focus is on them.
    held: RwSignal<bool>,
}

impl Toasts {
    pub(super) fn new() -> Self {
        Toasts { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0), held: RwSignal::new(false) }
    }

    /// Shows a result: what happened, and what follows from it.
    pub fn push(&self, kind: ToastKind, title: impl Into<String>, text: Option<String>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.shown.update(|shown| {
            shown.push(Toast { id, kind, title: title.into(), text });
            let over = shown.len().saturating_sub(MOST);
            shown.drain(..over);
        });
        if kind != ToastKind::Bad {
            self.leave_later(id, STAY);
        }
    }

    fn leave_later(self, id: u64, after: Duration) {
        set_timeout(
            move || match self.held.try_get_untracked() {
                Some(true) => self.leave_later(id, AGAIN),
                Some(false) => self.dismiss(id),
                None => {}
            },
            after,
        );
    }

    fn dismiss(self, id: u64) {
        self.shown.update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// The toasts of the page.
pub fn use_toasts() -> Toasts {
    use_context().unwrap_or_else(Toasts::new)
}

/// Where toasts appear; [`KitRoot`](super::KitRoot) has one.
#[component]
pub(super) fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    let held = toasts.held;
    let dismiss = t!(keys::toast::DISMISS);
    let toast = move |toast: Toast| {
        let (class, icon) = match toast.kind {
            ToastKind::Info => ("", Glyph::Info),
            ToastKind::Ok => ("ok", Glyph::Ok),
            ToastKind::Bad => ("bad", Glyph::Error),
        };
        let id = toast.id;
        view! {
            <div class=classes(&["toast", class])>
                <Icon name=icon />
                <div class="grow">
                    <span class="strong">{toast.title}</span>
                    {toast.text.map(|text| view! { <p>{text}</p> })}
                </div>
                <IconButton
                    icon=Glyph::X
                    label=dismiss.clone()
                    size=Size::Small
                    on:click=move |_| toasts.dismiss(id)
                />
            </div>
        }
    };
    view! {
        <div
            class="toasts"
            role="region"
            id="toasts"
            tabindex="-1"
            aria-live="polite"
            aria-label=t!(keys::toast::LABEL)
            on:mouseenter=move |_| held.set(true)
            on:mouseleave=move |_| held.set(false)
            on:focusin=move |_| held.set(true)
            on:focusout=move |_| held.set(false)
        >
            <For each=move || toasts.shown.get() key=|toast| toast.id children=toast />
        </div>
    }
}
