//! Blocks of code that scroll sideways, reachable by keyboard.

use super::CopyButton;
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
    let copy = t!(keys::copy::NAMED, name = label);
    view! {
        <div class="code">
            <div class="code-head">
                <span>{label.clone()}</span>
                <CopyButton text=text.clone() label=copy />
            </div>
            <pre tabindex="0" role="region" aria-label=label>
                {text}
            </pre>
        </div>
    }
}
