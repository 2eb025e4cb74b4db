//! New recovery codes in the place of those before, shown once.

use super::set_up::Codes;
#[cfg(feature = "ssr")]
use super::set_up::hand_over;
use super::{AccountFrame, Part, ProofCard, STATE};
#[cfg(feature = "ssr")]
use crate::client::use_client;
use crate::form::{FormAction, FormError};
use crate::i18n::keys::second_factor as k;
use crate::t;
use crate::ui::{Look, Tone};
#[cfg(feature = "ssr")]
use berth_types::api::SecondFactorProof;
use leptos::prelude::*;

/// The page that asks for the password or a code.
pub(super) const PAGE: &str = "/account/second-factor/new-codes";

/// Makes new recovery codes.
#[server(prefix = "/_portal", endpoint = "renew-recovery-codes")]
pub(crate) async fn post_renew_codes(password: String, code: String) -> Result<Vec<String>, FormError> {
    let client = use_client();
    let proof = SecondFactorProof { password, code: code.trim().to_owned() };
    hand_over(super::proven(&proof, client.renew_recovery_codes(&proof)).await)
}

/// The page to make new recovery codes, which with script shows them.
#[component]
pub fn RenewRecoveryCodes() -> impl IntoView {
    let action = FormAction::of::<PostRenewCodes>();
    let codes = action.output::<Vec<String>>();
    let codes = Memo::new(move |_| codes.get());
    view! {
        <AccountFrame part=Part::SecondFactor>
            {move || match codes.get() {
                Some(codes) => view! { <Codes codes=codes /> }.into_any(),
                None => {
                    view! {
                        <ProofCard
                            action=action
                            title=t!(k::RENEW)
                            text=t!(k::RENEW_TEXT)
                            tone=Tone::Warn
                            look=Look::Primary
                            back=STATE
                        />
                    }
                        .into_any()
                }
            }}
        </AccountFrame>
    }
}
