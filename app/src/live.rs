//! Pages that follow what happens: one stream of events for a page, in the browser only, closed while nobody looks at it.
//!
//! Without script a page is what it was when it was opened. Where the stream is not to be had it is loaded again now and then.

use crate::i18n::{keys, use_catalog};
use berth_types::api::LiveEvent;
use leptos::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long events are gathered before the page asks for what changed.
const GATHER: Duration = Duration::from_millis(250);
/// How long a list that is in use is left alone before it is looked at again.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// Rows that are told apart while they wait to be shown.
const WAITING_MAX: usize = 99;
/// The kind of an event that no server sends: nothing could be heard for a while, and what is shown may be old.
const UNHEARD: &str = "unheard";

/// Whether the stream of the page is open; nothing while there is none.
#[derive(Clone, Copy)]
struct Dot(RwSignal<Option<bool>>);

/// Hands the dot of the top bar down to the page.
pub(crate) fn provide_dot() {
    provide_context(Dot(RwSignal::new(None)));
}

/// The dot in the top bar. Nothing on pages that follow nothing.
#[component]
pub(crate) fn LiveDot() -> impl IntoView {
    let dot = use_context::<Dot>();
    let catalog = use_catalog();
    move || {
        // When a page ends its stream with its frame, the dot may be asked for once more.
        dot.and_then(|dot| dot.0.try_get()).flatten().map(|open| {
            let text = catalog.get(if open { keys::live::OPEN } else { keys::live::LOST }).to_owned();
            view! {
                <span class="live" data-state=(!open).then_some("lost")>
                    {text}
                </span>
            }
        })
    }
}

/// Follows a scope of the API (`project:team`, `jobs`) while the page is open, and calls `heard` with every event. Events of
/// kind `reset` say that some are missing, those of kind `unheard` that none can be heard.
pub fn use_live(scope: String, heard: impl Fn(LiveEvent) + 'static) {
    #[cfg(target_arch = "wasm32")]
    {
        let dot = use_context::<Dot>().map(|dot| dot.0);
        browser::follow(scope, dot, Box::new(heard));
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        // The server draws the page and is done.
        drop((scope, heard));
    }
}

/// A number that goes up a moment after something was heard, once for all that was heard meanwhile. As a part of the source
/// of a resource it loads that again.
#[derive(Clone, Copy)]
pub struct Version {
    number: RwSignal<u64>,
    gathers: RwSignal<bool>,
}

impl Version {
    /// A number that nothing was heard of.
    pub fn new() -> Self {
        Version { number: RwSignal::new(0), gathers: RwSignal::new(false) }
    }

    /// The number.
    pub fn get(self) -> u64 {
        self.number.get()
    }

    /// Goes up now.
    pub fn rise(self) {
        // The page may be gone by now.
        let _ = self.number.try_update(|number| *number += 1);
    }

    /// Calls `then` in a moment.
    pub fn soon(self, then: impl FnOnce() + 'static) {
        self.after(GATHER, then);
    }

    /// Calls `then` after a while, unless something is to be called anyway.
    fn after(self, wait: Duration, then: impl FnOnce() + 'static) {
        if self.gathers.try_get_untracked() != Some(false) {
            return;
        }
        self.gathers.set(true);
        let later = move || {
            // The page may be gone by then.
            if self.gathers.try_set(false).is_none() {
                then();
            }
        };
        set_timeout(later, wait);
    }
}

impl Default for Version {
    fn default() -> Self {
        Version::new()
    }
}

/// What a list shows, and what it has not shown yet.
#[derive(Clone, Copy)]
pub struct Fresh {
    version: Version,
    waiting: RwSignal<BTreeSet<String>>,
    on_top: Signal<bool>,
}

impl Fresh {
    /// Part of the source of every resource that follows: it changes when there is something new to show.
    pub fn version(self) -> u64 {
        self.version.get()
    }

    /// How many rows changed that are not shown.
    pub fn waiting(self) -> usize {
        self.waiting.try_with(BTreeSet::len).unwrap_or_default()
    }

    /// Shows everything now.
    pub fn show(self) {
        let _ = self.waiting.try_update(BTreeSet::clear);
        self.version.rise();
    }

    /// Hears of a row that changed.
    fn hear(self, row: String) {
        let note = |waiting: &mut BTreeSet<String>| {
            if waiting.len() < WAITING_MAX {
                waiting.insert(row);
            }
        };
        // The page may be gone by now.
        if self.waiting.try_update(note).is_some() {
            self.bring(GATHER);
        }
    }

    /// Shows what waits after a while, or when the list is no longer in use.
    fn bring(self, wait: Duration) {
        let is_due = move || {
            let waits = self.waiting.try_with_untracked(|waiting| !waiting.is_empty());
            waits == Some(true) && self.on_top.try_get_untracked() == Some(true)
        };
        if is_due() {
            self.version.after(wait, move || match is_due() {
                true if is_in_use() => self.bring(LEFT_ALONE),
                true => self.show(),
                false => {}
            });
        }
    }
}

/// Follows a scope for a list. `row` names the row that an event is about, nothing where it is about none; `on_top` says
/// whether the list shows its newest rows. Where it does, new rows come in; elsewhere, and under the pointer, they wait for
/// [`NewRows`]. `also` hears of every event.
pub fn use_fresh(
    scope: String,
    row: fn(&LiveEvent) -> Option<String>,
    on_top: Signal<bool>,
    also: impl Fn(&LiveEvent) + 'static,
) -> Fresh {
    let fresh = Fresh { version: Version::new(), waiting: RwSignal::new(BTreeSet::new()), on_top };
    // Another page of the list is loaded as it is now.
    Effect::new(move |_| {
        on_top.track();
        fresh.waiting.update(BTreeSet::clear);
    });
    use_live(scope, move |event| {
        also(&event);
        let about = match event.kind.as_str() {
            LiveEvent::RESET => Some(String::new()),
            UNHEARD => (on_top.try_get_untracked() == Some(true)).then(String::new),
            _ => row(&event),
        };
        if let Some(about) = about {
            fresh.hear(about);
        }
    });
    fresh
}

/// Whether the visitor points at the list or is about to use it: nothing may move then. Buttons and links that were clicked keep
/// the focus, and nobody uses them any more; fields are filled in as long as they have it.
#[cfg(target_arch = "wasm32")]
fn is_in_use() -> bool {
    const USED: &str = ".table-box:hover, .table-box :focus-visible, .table-box :checked, .new-rows a:hover, \
                        :is(.filters, main form) :is(input, select, textarea):focus, main details[open]";
    document().query_selector(USED).is_ok_and(|found| found.is_some())
}

#[cfg(not(target_arch = "wasm32"))]
const fn is_in_use() -> bool {
    false
}

/// How many rows wait, above their table, with the way to see them.
#[component]
pub fn NewRows(
    /// What waits.
    fresh: Fresh,
    /// The list with its newest rows on top.
    #[prop(into)]
    href: String,
) -> impl IntoView {
    let catalog = use_catalog();
    view! {
        <div class="new-rows" role="status">
            {move || {
                let waiting = fresh.waiting() as u64;
                (waiting > 0)
                    .then(|| {
                        let count = crate::format::count(waiting);
                        let text = catalog.plural(keys::live::NEW, waiting, &[("count", &count)]);
                        view! {
                            <a class="btn btn-s" href=href.clone() on:click=move |_| fresh.show()>
                                {text}
                            </a>
                        }
                    })
            }}
        </div>
    }
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use super::UNHEARD;
    use crate::client::{Client, json, use_client};
    use crate::session::{use_has_ended, use_session};
    use berth_types::api::LiveEvent;
    use berth_types::url::{BERTH_API, with_query};
    use leptos::__reexports::send_wrapper::SendWrapper;
    use leptos::prelude::*;
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;
    use std::time::Duration;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;
    use web_sys::{Event, EventSource, MessageEvent};

    /// Every kind of event: a browser hears only of those that it is asked to listen to.
    const KINDS: [&str; 10] = [
        LiveEvent::READY,
        LiveEvent::RESET,
        "push_artifact",
        "delete_artifact",
        "create_tag",
        "delete_tag",
        "delete_repository",
        LiveEvent::JOB,
        "job_log",
        LiveEvent::QUEUE,
    ];
    /// The wait before a stream is asked for again that the server refused, twice as long each time, up to the last of these; the
    /// browser waits by itself for one that it lost.
    const REFUSED: Duration = Duration::from_secs(2);
    const REFUSED_MAX: Duration = Duration::from_secs(32);
    /// A first event that takes longer may leave out what happened meanwhile.
    const LATE_MILLIS: f64 = 1000.0;
    /// A stream through which nothing came by then will not come: something on the way keeps it.
    const SILENT: Duration = Duration::from_secs(15);

    type Listener = Closure<dyn FnMut(Event)>;

    /// The stream of a page.
    struct Stream {
        scope: String,
        heard: Box<dyn Fn(LiveEvent)>,
        dot: Option<RwSignal<Option<bool>>>,
        /// When what the page shows was asked for, in milliseconds since 1970.
        since: f64,
        /// The id of the last event.
        last: RefCell<String>,
        open: RefCell<Option<(EventSource, [Listener; 3])>>,
        client: Client,
        /// Whether the session ended, as a visitor who is signed in is told.
        has_ended: Option<RwSignal<bool>>,
        /// How many streams were opened or given up.
        number: Cell<u32>,
        /// When this one was asked for, in milliseconds since 1970.
        opened_at: Cell<f64>,
        /// Whether something came through the one that is open.
        is_heard: Cell<bool>,
        /// How long the next stream is waited for when this one is not to be had.
        patience: Cell<Duration>,
        gone: Cell<bool>,
    }

    pub(super) fn follow(scope: String, dot: Option<RwSignal<Option<bool>>>, heard: Box<dyn Fn(LiveEvent)>) {
        let stream = Rc::new(Stream {
            scope,
            heard,
            dot,
            since: asked_at(),
            last: RefCell::default(),
            open: RefCell::default(),
            client: use_client(),
            has_ended: use_session().with_untracked(|session| session.user.is_some()).then(use_has_ended),
            number: Cell::default(),
            opened_at: Cell::default(),
            is_heard: Cell::default(),
            patience: Cell::new(REFUSED),
            gone: Cell::new(false),
        });
        let kept = SendWrapper::new(stream.clone());
        on_cleanup(move || kept.end());
        // After the page was taken over.
        Effect::new(move |_| {
            stream.look();
            let watching = stream.clone();
            let handle = SendWrapper::new(document_listener(move || watching.look()));
            on_cleanup(move || drop(handle));
        });
    }

    /// When what is about to be shown is asked for: a page that the server drew when the browser began to load it, others now.
    fn asked_at() -> f64 {
        let is_drawn = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
        let begun = if is_drawn { window().performance().map(|performance| performance.time_origin()) } else { None };
        begun.unwrap_or_else(js_sys::Date::now)
    }

    /// Listens to whether the page can be seen, until it is dropped.
    fn document_listener(look: impl Fn() + 'static) -> impl Drop {
        struct Listening(Closure<dyn FnMut(Event)>);
        impl Drop for Listening {
            fn drop(&mut self) {
                let listener = self.0.as_ref().unchecked_ref();
                // It is there: it was added before.
                drop(document().remove_event_listener_with_callback("visibilitychange", listener));
            }
        }
        let listener = Closure::<dyn FnMut(Event)>::new(move |_| look());
        let added = document().add_event_listener_with_callback("visibilitychange", listener.as_ref().unchecked_ref());
        // Without it the stream stays open while the page is hidden.
        drop(added);
        Listening(listener)
    }

    impl Stream {
        /// Opens the stream where the page can be seen, closes it where it cannot.
        fn look(self: &Rc<Self>) {
            if document().hidden() {
                self.close();
            } else if self.open.borrow().is_none() && !self.gone.get() {
                self.connect();
            }
        }

        fn connect(self: &Rc<Self>) {
            let last = self.last.borrow().clone();
            // Until the first event came, from what the page shows.
            let seconds = ((js_sys::Date::now() - self.since) / 1000.0).ceil().max(0.0);
            let age = if last.is_empty() { seconds.to_string() } else { String::new() };
            let query = [("scope", &*self.scope), ("last_event_id", &last), ("age", &age)];
            let url = with_query(&format!("{BERTH_API}/events"), &query);
            let Ok(source) = EventSource::new(&url) else { return };
            let listener = |hear: fn(&Rc<Stream>, &Event)| {
                let stream = self.clone();
                Listener::new(move |event: Event| hear(&stream, &event))
            };
            let listeners = [listener(Stream::opened), listener(Stream::lost), listener(Stream::received)];
            source.set_onopen(Some(listeners[0].as_ref().unchecked_ref()));
            source.set_onerror(Some(listeners[1].as_ref().unchecked_ref()));
            for kind in KINDS {
                // A kind that is not listened to is not heard; the page is loaded again at the next one.
                drop(source.add_event_listener_with_callback(kind, listeners[2].as_ref().unchecked_ref()));
            }
            *self.open.borrow_mut() = Some((source, listeners));
            self.is_heard.set(false);
            self.opened_at.set(js_sys::Date::now());
            self.number.set(self.number.get().wrapping_add(1));
            self.retry_after(SILENT);
        }

        /// Opens another stream after a while, unless this one can be heard by then. Until it can, the page asks by itself.
        fn retry_after(self: &Rc<Self>, wait: Duration) {
            let (stream, number) = (SendWrapper::new(self.clone()), self.number.get());
            let again = move || {
                let is_deaf =
                    stream.open.borrow().as_ref().is_some_and(|(source, _)| {
                        source.ready_state() == EventSource::CLOSED || !stream.is_heard.get()
                    });
                if stream.number.get() != number || !is_deaf {
                    return;
                }
                stream.show(false);
                stream.close();
                stream.ask();
                stream.look();
            };
            set_timeout(again, wait);
        }

        /// Lets the page ask for what may have changed, if somebody would answer: what is shown is better than an error.
        fn ask(self: &Rc<Self>) {
            let (stream, client) = (self.clone(), self.client.clone());
            leptos::task::spawn_local(async move {
                if client.system_info().await.is_ok() && !stream.gone.get() {
                    (stream.heard)(LiveEvent { kind: UNHEARD.to_owned(), ..LiveEvent::default() });
                }
            });
        }

        fn opened(self: &Rc<Self>, _: &Event) {
            self.show(true);
            // What everybody may see goes on after the session. The first time nothing was lost yet.
            if !self.last.borrow().is_empty() {
                self.ask_who();
            }
        }

        /// Finds out whether the visitor is still who the page was drawn for. Without the session nothing is followed.
        fn ask_who(self: &Rc<Self>) {
            let Some(has_ended) = self.has_ended else { return };
            let (stream, client) = (self.clone(), self.client.clone());
            leptos::task::spawn_local(async move {
                if let Ok(None) = client.current_user().await {
                    // The page may be gone by now.
                    let _ = has_ended.try_set(true);
                    stream.end();
                }
            });
        }

        fn lost(self: &Rc<Self>, _: &Event) {
            self.show(false);
            let refused =
                self.open.borrow().as_ref().is_some_and(|(source, _)| source.ready_state() == EventSource::CLOSED);
            if refused {
                self.ask_who();
                let wait = self.patience.get();
                self.patience.set((wait * 2).min(REFUSED_MAX));
                // Who waited for its first event need not any more.
                self.number.set(self.number.get().wrapping_add(1));
                self.retry_after(wait);
            }
        }

        fn received(self: &Rc<Self>, event: &Event) {
            let Some(message) = event.dyn_ref::<MessageEvent>() else { return };
            let before = self.last.replace(message.last_event_id());
            let is_late = js_sys::Date::now() - self.opened_at.get() > LATE_MILLIS;
            if before.is_empty() && !self.is_heard.get() && is_late {
                // The server took the age of the page for that of a moment ago.
                self.ask();
            }
            self.is_heard.set(true);
            self.patience.set(REFUSED);
            let event = message.data().as_string().and_then(|data| json::read::<LiveEvent>(&data).ok());
            if let Some(event) = event.filter(|event| event.kind != LiveEvent::READY) {
                (self.heard)(event);
            }
        }

        fn show(&self, open: bool) {
            if let Some(dot) = self.dot {
                // The frame may be gone with its dot.
                dot.try_set(Some(open));
            }
        }

        fn close(&self) {
            if let Some((source, _)) = self.open.borrow_mut().take() {
                source.close();
            }
        }

        fn end(&self) {
            self.gone.set(true);
            self.close();
            if let Some(dot) = self.dot {
                dot.try_set(None);
            }
        }
    }
}
