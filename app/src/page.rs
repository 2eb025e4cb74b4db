//! The document around the portal: what the server prepares for a page, `<html>`, the loader of the script.

use crate::client::{Client, Transport};
use crate::frame::curl::AsCurl;
use crate::session::Session;
use crate::{App, i18n, theme};
use berth_types::Timestamp;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;
use std::sync::Arc;

/// Where the hashed files of the portal are, as paths from the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    /// The style sheet.
    pub css: String,
    /// The style sheet of high contrast.
    pub contrast_css: String,
    /// The icon.
    pub favicon: String,
    /// The script that loads the module below; empty for a portal without script.
    pub js: String,
    /// The compiled portal.
    pub wasm: String,
    /// The messages: code of the language and path.
    pub locales: Vec<(String, String)>,
}

/// What the server knows of the request for a page. Made once a request, provided before rendering and before a server
/// function runs.
#[derive(Clone)]
pub struct PageContext {
    transport: Arc<dyn Transport>,
    assets: Arc<Assets>,
    session: Session,
    now: Timestamp,
}

impl PageContext {
    /// Asks the API for what every page shows. `host` is how clients of the visitor reach the registry: the host of the
    /// external address, else of the request.
    pub async fn load(transport: Arc<dyn Transport>, assets: Arc<Assets>, host: String, now: Timestamp) -> Self {
        let session = Session::load(&Client::over(Arc::clone(&transport)), host).await;
        PageContext { transport, assets, session, now }
    }

    /// The same for visitors whose clients reach the registry by TLS, or not.
    #[must_use]
    pub fn over_tls(mut self, https: bool) -> Self {
        self.session.https = https;
        self
    }

    /// For server functions, which draw nothing: no call is made.
    pub fn bare(transport: Arc<dyn Transport>, assets: Arc<Assets>, now: Timestamp) -> Self {
        PageContext { transport, assets, session: Session::default(), now }
    }

    /// Hands all of it down to what is rendered or run next.
    pub fn provide(&self) {
        provide_context(Arc::clone(&self.transport));
        provide_context(Arc::clone(&self.assets));
        provide_context(self.session.clone());
        provide_context(Moment(self.now));
        provide_context(crate::client::calls::Calls::default());
    }
}

/// The moment of the request.
#[derive(Clone, Copy)]
pub(crate) struct Moment(pub Timestamp);

/// The whole document. Needs what [`PageContext::provide`] provides.
pub fn shell() -> impl IntoView {
    let assets = use_context::<Arc<Assets>>().unwrap_or_default();
    let locale = i18n::provide_for_request();
    let theme = theme::provide_for_request();
    let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
    announce_policy(&nonce);
    let messages = assets.locales.iter().find(|(code, _)| code == locale.code()).map(|(_, path)| path.as_str());
    let script = messages.filter(|_| !assets.js.is_empty()).map(|messages| {
        view! {
            <script type="module" nonce=nonce.clone() inner_html=loader(&assets, messages)></script>
        }
    });
    let preload = (!assets.js.is_empty()).then(|| {
        view! {
            <link rel="modulepreload" href=assets.js.clone() />
            <link rel="preload" href=assets.wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang=locale.code() data-theme=theme.attribute()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="stylesheet" href=assets.css.clone() />
                <link rel="stylesheet" href=assets.contrast_css.clone() media="(prefers-contrast: more)" />
                <link rel="icon" href=assets.favicon.clone() r#type="image/svg+xml" />
                {preload}
                {script}
                <MetaTags />
            </head>
            <body>
                <App />
                <AsCurl />
            </body>
        </html>
    }
}

/// Loads the portal and the messages side by side, then takes the page over.
fn loader(assets: &Assets, messages: &str) -> String {
    let text = |path: &str| serde_json::Value::from(path).to_string().replace('<', "\\u003c");
    format!(
        "import init,{{hydrate}} from {js};\
         const [,t]=await Promise.all([init({{module_or_path:{wasm}}}),fetch({messages}).then(r=>r.text())]);\
         hydrate(t);",
        js = text(&assets.js),
        wasm = text(&assets.wasm),
        messages = text(messages),
    )
}

/// What the document may load and run.
pub fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

fn announce_policy(nonce: &str) {
    if let (Some(response), Ok(policy)) =
        (use_context::<leptos_axum::ResponseOptions>(), http::HeaderValue::from_str(&content_security_policy(nonce)))
    {
        response.insert_header(http::header::CONTENT_SECURITY_POLICY, policy);
    }
}
