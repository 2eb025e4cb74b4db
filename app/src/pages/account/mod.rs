//! The own account: profile, password, second factor, access tokens, sessions, preferences.

mod password;
mod preferences;
pub(crate) mod profile;
pub(crate) mod program;
mod second_factor;
mod sessions;
mod tokens;

pub use password::Password;
pub use preferences::Preferences;
pub use profile::Profile;
pub use second_factor::{ConfirmSecondFactor, NewSecondFactor, RecoveryCodes, RenewRecoveryCodes, SecondFactor};
pub use sessions::Sessions;
pub(crate) use sessions::SignOut;
pub use tokens::{NewToken, RevokeToken, TokenSecret, Tokens};

use crate::frame::Frame;
use crate::i18n::keys;
use crate::session::{Guard, Need};
use crate::t;
use crate::ui::{Crumb, PageHead, Tab, Tabs};
use leptos::prelude::*;
use leptos_meta::Title;

/// A part of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Profile,
    Password,
    SecondFactor,
    Tokens,
    Sessions,
    Preferences,
}

impl Part {
    const ALL: [Part; 6] =
        [Part::Profile, Part::Password, Part::SecondFactor, Part::Tokens, Part::Sessions, Part::Preferences];

    const fn href(self) -> &'static str {
        match self {
            Part::Profile => "/account",
            Part::Password => "/account/password",
            Part::SecondFactor => "/account/second-factor",
            Part::Tokens => "/account/tokens",
            Part::Sessions => "/account/sessions",
            Part::Preferences => "/account/preferences",
        }
    }

    fn label(self) -> String {
        match self {
            Part::Profile => t!(keys::account::TAB_PROFILE),
            Part::Password => t!(keys::account::TAB_PASSWORD),
            Part::SecondFactor => t!(keys::account::TAB_SECOND_FACTOR),
            Part::Tokens => t!(keys::account::TAB_TOKENS),
            Part::Sessions => t!(keys::account::TAB_SESSIONS),
            Part::Preferences => t!(keys::account::TAB_PREFERENCES),
        }
    }
}

/// The frame of all parts of the account.
#[component]
fn AccountFrame(part: Part, children: Children) -> impl IntoView {
    let title = t!(keys::account::TITLE);
    let crumbs = vec![Crumb::link(title.clone(), Part::Profile.href()), Crumb::here(part.label())];
    let tabs: Vec<Tab> = Part::ALL
        .into_iter()
        .map(|each| Tab { label: each.label(), href: each.href().to_owned(), count: None, current: each == part })
        .collect();
    view! {
        <Guard need=Need::SignedIn>
            <Title text=format!("{} · {title}", part.label()) />
            <Frame crumbs=crumbs>
                <PageHead title=move || title />
                <Tabs label=t!(keys::account::TABS) tabs=tabs />
                {children()}
            </Frame>
        </Guard>
    }
}
