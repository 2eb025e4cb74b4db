//! The question whether to revoke a token.

use super::{LIST, TokenFrame, token_of_page};
#[cfg(feature = "ssr")]
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::{relative, use_now};
use crate::i18n::{keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::t;
use crate::ui::{Button, Callout, Glyph, LinkButton, Look, PageHead, Tone};
use berth_types::api::PersonalToken;
use leptos::prelude::*;

/// Ends a token of the visitor.
#[server(prefix = "/_portal", endpoint = "revoke-token")]
pub(crate) async fn post_revoke_token(id: i64, name: String) -> Posted {
    let client = use_client();
    let posted = client.revoke_personal_token(id).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::AccessTokenRevoked.on(LIST, &name))
}

/// The page to revoke a token.
#[component]
pub fn RevokeToken() -> impl IntoView {
    let action = FormAction::of::<PostRevokeToken>();
    view! {
        <TokenFrame title=t!(keys::account::tokens::REVOKE_SUBMIT)>
            {loaded(token_of_page(None), move |(token, _)| view! { <RevokeForm token=token action=action /> })}
        </TokenFrame>
    }
}

#[component]
fn RevokeForm(token: PersonalToken, action: FormAction) -> impl IntoView {
    use keys::account::tokens as k;
    let title = t!(k::REVOKE_TITLE, name = token.name);
    let used = match token.last_used_at {
        Some(at) => t!(k::REVOKE_USED, time = relative(&use_catalog(), at, use_now().get_untracked())),
        None => t!(k::REVOKE_UNUSED),
    };
    view! {
        <PageHead title=move || title />
        <FormErrors answer=answer_of(action) />
        <Callout tone=Tone::Warn title=t!(k::REVOKE_EFFECT) text=used />
        <PostForm action=action>
            <input type="hidden" name="id" value=token.id.to_string() />
            <input type="hidden" name="name" value=token.name />
            <div class="row">
                <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                    {t!(k::REVOKE_SUBMIT)}
                </Button>
                <LinkButton href=LIST>{t!(keys::common::CANCEL)}</LinkButton>
            </div>
        </PostForm>
    }
}
