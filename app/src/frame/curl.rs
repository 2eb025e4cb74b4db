//! The calls that a page made, at its end, for whoever wants to make them without it.

#[cfg(feature = "ssr")]
use crate::client::calls::{self, Calls};
#[cfg(feature = "ssr")]
use crate::i18n::keys;
#[cfg(feature = "ssr")]
use crate::load::turn;
#[cfg(feature = "ssr")]
use crate::session::Session;
#[cfg(feature = "ssr")]
use crate::t;
#[cfg(feature = "ssr")]
use crate::ui::{Glyph, Icon};
#[cfg(feature = "ssr")]
use leptos::prelude::*;

/// The id of the list of commands.
pub(crate) const LIST: &str = "calls-list";
/// The id of the button that copies them.
pub(crate) const COPY: &str = "calls-copy";

/// The calls of the page. It stands behind the portal in the document, since only the end of a page knows all its calls; the
/// browser leaves it as it is and keeps its list.
#[cfg(feature = "ssr")]
#[component]
pub(crate) fn AsCurl() -> impl IntoView {
    let noted = use_context::<Calls>().unwrap_or_default();
    let session = use_context::<Session>().unwrap_or_default();
    let server = session.server();
    let origin = format!("{}://{}", if server.https { "https" } else { "http" }, server.host);
    let user = session.user.map(|user| user.username);
    // A comment, as shells write it.
    let nothing = format!("# {}", t!(keys::calls::NONE));
    let commands = Suspend::new(async move {
        // Its turn comes when everything above it is written.
        turn().await;
        let lines = noted.all();
        let lines = lines.iter().map(|(method, path)| calls::command(&origin, user.as_deref(), *method, path));
        let lines = lines.collect::<Vec<_>>().join("\n");
        if lines.is_empty() { nothing } else { lines }
    });
    let label = t!(keys::calls::TITLE);
    let (name, list_name) = (label.clone(), label.clone());
    view! {
        <aside class="calls" aria-label=name>
            <details>
                <summary>
                    <Icon name=Glyph::Terminal />
                    {label}
                </summary>
                <div class="calls-body">
                    <p class="small muted">{t!(keys::calls::TEXT)}</p>
                    <div class="copy">
                        <pre id=LIST role="group" tabindex="0" aria-label=list_name>
                            {commands}
                        </pre>
                        <button type="button" class="icon-copy" id=COPY aria-label=t!(keys::calls::COPY) title=t!(keys::copy::TITLE)>
                            <Icon name=Glyph::Copy />
                        </button>
                    </div>
                </div>
            </details>
        </aside>
    }
}
