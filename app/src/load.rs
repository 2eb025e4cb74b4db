//! What a page waits for.
//!
//! [`Resource`] is that of leptos with its types hidden: everything about waiting, tracking and handing over from server to
//! browser is compiled once, and not again for every type that a page loads. In the browser that is most of what a page weighs.

use crate::client::json;
use leptos::prelude::*;
use leptos::server::SharedValue;
use leptos::server::codee::{Decoder, Encoder};
#[cfg(feature = "ssr")]
use leptos::tachys::reactive_graph::OwnedView;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::convert::Infallible;
use std::future::{Future, pending};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

/// A value that comes later, and again whenever its source changes.
pub struct Resource<T> {
    inner: Erased,
    of: PhantomData<fn() -> T>,
}

type Erased = leptos::prelude::Resource<Loaded, Handover>;
type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

impl<T> Clone for Resource<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Resource<T> {}

impl<T> Resource<T>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// Loads what `fetch` makes of `source`, and again whenever that changes. In the browser the first value is the server's.
    pub fn new<S, F>(
        source: impl Fn() -> S + Send + Sync + 'static,
        fetch: impl Fn(S) -> F + Send + Sync + 'static,
    ) -> Self
    where
        S: Clone + PartialEq + Send + Sync + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let inner = erased(
            Box::new(move || Source(Arc::new(source()))),
            Box::new(move |source| match source.0.any().downcast_ref::<S>() {
                Some(source) => {
                    let fetched = fetch(source.clone());
                    Box::pin(async move { Loaded::of(fetched.await) })
                }
                // A source is always of the type that made it.
                None => Box::pin(pending()),
            }),
        );
        // What was handed over in another shape (by a server of another version) is loaded again. At other times nobody looks,
        // since looking is waiting: what is around this would wait for it as well.
        let takes_over = Owner::current_shared_context().is_some_and(|context| context.during_hydration());
        if takes_over && inner.try_get_untracked().flatten().is_some_and(|handed| handed.read::<T>().is_none()) {
            inner.refetch();
        }
        Self { inner, of: PhantomData }
    }

    /// The value, where it has come.
    pub fn get(self) -> Option<T> {
        self.inner.get().and_then(|loaded| loaded.read())
    }

    /// The value, where it has come, without asking to be told of the next.
    pub fn get_untracked(self) -> Option<T> {
        self.inner.get_untracked().and_then(|loaded| loaded.read())
    }

    /// Loads again.
    pub fn refetch(self) {
        self.inner.refetch();
    }

    /// A part of the page that is drawn from the value. `meanwhile` is shown until it has come first; before it comes again, what
    /// is shown stays.
    pub(crate) fn drawn(
        self,
        meanwhile: impl Fn() -> AnyView + Send + Sync + 'static,
        draw: impl Fn(T) -> AnyView + Send + Sync + 'static,
    ) -> AnyView {
        let draw: Draw = Arc::new(move |loaded: Loaded| loaded.read::<T>().map(&draw));
        part(self.inner, Box::new(meanwhile), draw)
    }
}

type Meanwhile = Box<dyn Fn() -> AnyView + Send + Sync>;
type Draw = Arc<dyn Fn(Loaded) -> Option<AnyView> + Send + Sync>;

#[cfg(not(feature = "ssr"))]
fn part(inner: Erased, meanwhile: Meanwhile, draw: Draw) -> AnyView {
    let drawn = move || {
        let draw = draw.clone();
        Suspend::new(async move {
            match draw(inner.await) {
                Some(view) => view,
                None => pending().await,
            }
        })
    };
    view! { <Transition fallback=meanwhile>{drawn}</Transition> }.into_any()
}

/// A page leaves the server when all of it is there, so nothing is shown meanwhile, and what is waited for is drawn once.
/// `Transition` draws it up to three times here, and whatever is loaded within it is loaded as often and sent along under
/// numbers that the browser does not look for; where answers take their time, it does not even come to an end.
#[cfg(feature = "ssr")]
fn part(inner: Erased, _meanwhile: Meanwhile, draw: Draw) -> AnyView {
    // In the browser `Transition` takes a number, and what is loaded after it the next ones.
    let _number = Owner::current_shared_context().map(|context| context.next_id());
    let drawn = move || {
        let draw = draw.clone();
        Suspend::new(async move {
            // One after the other as they stand in the document: the browser's order.
            turn().await;
            match draw(inner.await) {
                Some(view) => OwnedView::new(view),
                None => pending().await,
            }
        })
    };
    drawn.into_any()
}

/// Ready when it is asked for the second time: what is not ready at once waits until everything above it is written.
#[cfg(feature = "ssr")]
pub(crate) async fn turn() {
    let mut asked = false;
    std::future::poll_fn(move |context| {
        if asked {
            return std::task::Poll::Ready(());
        }
        asked = true;
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

fn erased(
    source: Box<dyn Fn() -> Source + Send + Sync>,
    fetch: Box<dyn Fn(Source) -> Later<Loaded> + Send + Sync>,
) -> Erased {
    Erased::new_with_options(source, fetch, false)
}

/// What a value is loaded for.
#[derive(Clone)]
struct Source(Arc<dyn Same>);

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(other.0.any())
    }
}

trait Same: Send + Sync {
    fn same(&self, other: &dyn Any) -> bool;
    fn any(&self) -> &dyn Any;
}

impl<S: PartialEq + Send + Sync + 'static> Same for S {
    fn same(&self, other: &dyn Any) -> bool {
        other.downcast_ref::<S>() == Some(self)
    }

    fn any(&self) -> &dyn Any {
        self
    }
}

/// A value without its type.
#[derive(Clone)]
enum Loaded {
    /// Loaded here.
    Here {
        value: Arc<dyn Any + Send + Sync>,
        /// As JSON, for the browser.
        #[cfg(feature = "ssr")]
        write: fn(&(dyn Any + Send + Sync)) -> String,
    },
    /// Handed over by the server, as JSON. It is read once.
    Handed { json: Arc<str>, value: Arc<OnceLock<Option<Arc<dyn Any + Send + Sync>>>> },
}

impl Loaded {
    fn of<T: Serialize + Send + Sync + 'static>(value: T) -> Self {
        Loaded::Here {
            value: Arc::new(value),
            #[cfg(feature = "ssr")]
            write: |value| {
                // Nothing that a page loads has a map with keys that are no text; the browser would load it itself.
                value.downcast_ref::<T>().and_then(|value| serde_json::to_string(value).ok()).unwrap_or_default()
            },
        }
    }

    fn read<T: Clone + DeserializeOwned + Send + Sync + 'static>(&self) -> Option<T> {
        let value = match self {
            Loaded::Here { value, .. } => value,
            Loaded::Handed { json, value } => value
                .get_or_init(|| {
                    let read: T = json::read(json).ok()?;
                    Some(Arc::new(read))
                })
                .as_ref()?,
        };
        value.downcast_ref::<T>().cloned()
    }
}

/// A value that the server finds and the browser takes over, before anything is loaded.
pub(crate) fn handed<T: Serialize + DeserializeOwned>(find: impl FnOnce() -> T) -> T {
    SharedValue::<T, Json>::new_with_encoding(find).into_inner()
}

/// How such a value gets from the one to the other.
struct Json;

impl<T: Serialize> Encoder<T> for Json {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, serde_json::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for Json {
    type Error = json::Unreadable;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, json::Unreadable> {
        json::read(text)
    }
}

/// How a loaded value gets from the server to the browser: as JSON.
struct Handover;

impl Encoder<Loaded> for Handover {
    type Error = Infallible;
    type Encoded = String;

    fn encode(loaded: &Loaded) -> Result<String, Infallible> {
        Ok(match loaded {
            #[cfg(feature = "ssr")]
            Loaded::Here { value, write } => write(value.as_ref()),
            #[cfg(not(feature = "ssr"))]
            Loaded::Here { .. } => String::new(),
            Loaded::Handed { json, .. } => json.to_string(),
        })
    }
}

impl Decoder<Loaded> for Handover {
    type Error = Infallible;
    type Encoded = str;

    fn decode(json: &str) -> Result<Loaded, Infallible> {
        Ok(Loaded::Handed { json: json.into(), value: Arc::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_the_same_on_both_sides() {
        let value: Result<Vec<i64>, String> = Ok(vec![1, 2]);
        let here = Loaded::of(value.clone());
        assert_eq!(here.read(), Some(value.clone()));
        #[cfg(feature = "ssr")]
        {
            let Ok(json) = Handover::encode(&here);
            let Ok(handed) = Handover::decode(&json);
            assert_eq!(handed.read(), Some(value));
        }
    }

    #[test]
    fn what_has_another_shape_is_no_value() {
        let Ok(handed) = Handover::decode("{\"a\":1}");
        assert_eq!(handed.read::<Vec<i64>>(), None);
    }

    #[test]
    fn sources_are_the_same_by_value() {
        assert!(Source(Arc::new(1)) == Source(Arc::new(1)));
        assert!(Source(Arc::new(1)) != Source(Arc::new(2)));
        assert!(Source(Arc::new(1)) != Source(Arc::new("1")));
    }
}
