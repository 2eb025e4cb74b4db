//! The cells that a tag's row and an artifact's row have alike: platforms, size, safety, times.

use super::safety::{Trust, Vulnerabilities};
use crate::format::{ByteSize, TimeAgo};
use crate::i18n::keys;
use crate::t;
use crate::ui::{Cell, Chips, Priority};
use berth_types::Timestamp;
use berth_types::api::VulnerabilitySummary;
use leptos::prelude::*;

/// What the cells show.
pub(super) struct Facts {
    /// Chips.
    pub platforms: AnyView,
    /// Bytes.
    pub size: u64,
    /// What a scanner found; nothing where none looked.
    pub vulnerabilities: Option<VulnerabilitySummary>,
    /// The kinds of signatures, as the API calls them.
    pub signatures: Vec<String>,
    /// Whether there is a list of what is in it.
    pub sbom: bool,
    /// When it was pushed.
    pub pushed: Timestamp,
    /// When it was last pulled.
    pub pulled: Timestamp,
}

/// The cells, in the order of their columns.
#[component]
pub(super) fn FactCells(facts: Facts) -> impl IntoView {
    let Facts { platforms, size, vulnerabilities, signatures, sbom, pushed, pulled } = facts;
    view! {
        <Cell label=t!(keys::repository::PLATFORMS) priority=Priority::Third>
            <Chips platforms=true>{platforms}</Chips>
        </Cell>
        <Cell label=t!(keys::repository::SIZE) num=true>
            <ByteSize bytes=size />
        </Cell>
        <Cell label=t!(keys::shelf::VULNERABILITIES)>
            <Vulnerabilities found=vulnerabilities />
        </Cell>
        <Cell label=t!(keys::shelf::TRUST) priority=Priority::Second>
            <span class="chips trust">
                <Trust signatures=signatures sbom=sbom />
            </span>
        </Cell>
        <Cell label=t!(keys::repository::PUSHED)>
            <span>
                <TimeAgo at=pushed /> <Pulled at=pulled />
            </span>
        </Cell>
    }
}

/// When something was last pulled, below when it was pushed.
#[component]
fn Pulled(at: Timestamp) -> impl IntoView {
    let text = if at == Timestamp::NEVER {
        t!(keys::repository::NEVER_PULLED).into_any()
    } else {
        view! {
            {t!(keys::repository::PULLED_LABEL)}
            " "
            <TimeAgo at=at />
        }
        .into_any()
    };
    view! { <span class="tiny dim nowrap block">{text}</span> }
}
