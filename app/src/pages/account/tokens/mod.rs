//! Personal access tokens: the list, making one, its secret once, revoking it.

mod life;
mod new;
mod revoke;

pub use new::{NewToken, TokenSecret};
pub use revoke::RevokeToken;

use super::{AccountFrame, Part};
use crate::client::{ApiError, ApiResult, ListParams, use_client};
use crate::format::{TimeAgo, TimeDate, use_now};
use crate::frame::Frame;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::project::NoMatch;
use crate::query::{ListState, use_list_state};
use crate::session::{Guard, Need};
use crate::ui::{
    ActionCell, ActionColumn, Badge, Card, Cell, Column, Crumb, Empty, FilterCount, Filters, Glyph, LinkButton, Look,
    Name, Priority, Row, RowHead, SearchBox, Size, Sort, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::PersonalToken;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page of the list.
const LIST: &str = "/account/tokens";

/// The page of the tokens.
#[component]
pub fn Tokens() -> impl IntoView {
    let client = use_client();
    let state = use_list_state("-creation_time");
    let tokens = Resource::new(
        move || state.get(),
        move |state| {
            let client = client.clone();
            async move {
                let tokens = client.personal_tokens(&state.all(state.fuzzy("name"))).await?;
                Ok((state, tokens))
            }
        },
    );
    view! {
        <AccountFrame part=Part::Tokens>
            <div class="row between">
                <p class="muted grow">{t!(keys::account::tokens::TEXT)}</p>
                <LinkButton href=format!("{LIST}/new") look=Look::Primary icon=Glyph::Plus>
                    {t!(keys::account::tokens::NEW)}
                </LinkButton>
            </div>
            {loaded(tokens, |(state, tokens)| view! { <TokenTable state=state tokens=tokens /> })}
        </AccountFrame>
    }
}

#[component]
fn TokenTable(state: ListState, tokens: Vec<PersonalToken>) -> impl IntoView {
    use keys::account::tokens as k;
    let ListState { q, sort, search, .. } = state;
    if tokens.is_empty() && q.is_empty() {
        return view! {
            <Empty icon=Glyph::Key title=t!(k::EMPTY) text=t!(k::EMPTY_TEXT)>
                <LinkButton href=format!("{LIST}/new") icon=Glyph::Plus>
                    {t!(k::NEW)}
                </LinkButton>
            </Empty>
        }
        .into_any();
    }
    let found = (!q.is_empty()).then(|| {
        let text = tn!(keys::count::MATCHES, tokens.len() as u64);
        view! { <FilterCount text=text /> }
    });
    let list = if tokens.is_empty() {
        view! { <NoMatch query=q.clone() /> }.into_any()
    } else {
        token_list(tokens, sort, search.clone())
    };
    view! {
        <Filters>
            <SearchBox label=t!(k::FILTER) value=q keep=search />
            {found}
        </Filters>
        {list}
    }
    .into_any()
}

fn token_list(tokens: Vec<PersonalToken>, sort: String, search: String) -> AnyView {
    use keys::account::tokens as k;
    let by = move |field: &str, descending_first: bool| Sort::by(field, &sort, &search, descending_first);
    let head = move || {
        view! {
            <Column label=t!(k::NAME) sort=by("name", false) />
            <Column label=t!(k::REACH) sort=by("read_only", false) />
            <Column label=t!(k::MADE) sort=by("creation_time", true) num=true priority=Priority::Third />
            <Column label=t!(k::USED) sort=by("last_used_at", true) num=true priority=Priority::Second />
            <Column label=t!(k::EXPIRY) sort=by("expires_at", false) num=true />
            <ActionColumn />
        }
    };
    view! {
        <Card label=t!(k::TITLE)>
            <TableBox flush=true>
                <Table caption=t!(k::CAPTION) head=head>
                    {tokens.into_iter().map(|token| view! { <TokenRow token=token /> }).collect_view()}
                </Table>
            </TableBox>
        </Card>
    }
    .into_any()
}

#[component]
fn TokenRow(token: PersonalToken) -> impl IntoView {
    use keys::account::tokens as k;
    // Untracked: a page is not open for so long that it would matter.
    let now = use_now().get_untracked();
    let reach = if token.read_only { t!(k::READ_ONLY) } else { t!(k::READ_WRITE) };
    let used = match token.last_used_at {
        Some(at) => view! { <TimeAgo at=at /> }.into_any(),
        None => t!(k::UNUSED).into_any(),
    };
    let ends = match token.expires_at {
        None => t!(k::NO_END).into_any(),
        Some(end) if end <= now => view! { <Badge tone=Tone::Bad>{t!(k::OVER)}</Badge> }.into_any(),
        Some(end) if life::is_soon(end, now) => view! { <Badge tone=Tone::Warn><TimeAgo at=end /></Badge> }.into_any(),
        Some(end) => view! { <TimeDate at=end /> }.into_any(),
    };
    let label = t!(k::REVOKE_LABEL, name = token.name);
    view! {
        <Row>
            <RowHead>
                <Name text=token.name />
            </RowHead>
            <Cell label=t!(k::REACH)>{reach}</Cell>
            <Cell label=t!(k::MADE) num=true priority=Priority::Third>
                <TimeAgo at=token.creation_time />
            </Cell>
            <Cell label=t!(k::USED) num=true priority=Priority::Second>
                {used}
            </Cell>
            <Cell label=t!(k::EXPIRY) num=true>
                {ends}
            </Cell>
            <ActionCell>
                <LinkButton
                    href=format!("{LIST}/{}/revoke", token.id)
                    look=Look::Danger
                    size=Size::Small
                    attr:aria-label=label
                >
                    {t!(k::ACTIONS_REVOKE)}
                </LinkButton>
            </ActionCell>
        </Row>
    }
}

/// The frame of a page about one token.
#[component]
fn TokenFrame(title: String, children: Children) -> impl IntoView {
    let crumbs = vec![
        Crumb::link(t!(keys::account::TITLE), "/account"),
        Crumb::link(t!(keys::account::TAB_TOKENS), LIST),
        Crumb::here(title.clone()),
    ];
    view! {
        <Guard need=Need::SignedIn>
            <Title text=title />
            <Frame crumbs=crumbs>{children()}</Frame>
        </Guard>
    }
}

/// The token that the address names, and what the server alone knows of it.
fn token_of_page(secret: Option<String>) -> Resource<ApiResult<(PersonalToken, Option<String>)>> {
    let (params, client) = (use_params_map(), use_client());
    Resource::new(
        move || params.read().get_str("id").and_then(|id| id.parse::<i64>().ok()),
        move |id| {
            let (client, secret) = (client.clone(), secret.clone());
            async move {
                let tokens = client.personal_tokens(&ListParams::default()).await?;
                let token = tokens.into_iter().find(|token| Some(token.id) == id).ok_or_else(ApiError::not_found)?;
                Ok((token, secret))
            }
        },
    )
}
