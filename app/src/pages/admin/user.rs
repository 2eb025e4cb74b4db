//! The page of a person: the account, the projects, the sessions, the personal access tokens.

use super::AdminFrame;
use super::memberships::{BY_PROJECT, Memberships};
use crate::client::{ApiError, ApiResult, Client, use_client};
use crate::format::{TimeAgo, TimeDate};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::account::program::program;
use crate::pages::loaded;
use crate::query::use_list_state;
use crate::session::use_session;
use crate::t;
use crate::ui::{
    Badge, Card, CardBody, CardFoot, Cell, Column, Crumb, Glyph, KeyValue, KeyValues, LinkButton, Look, Name, PageHead,
    Priority, Row, RowHead, Size, Table, TableBox, Tone,
};
use berth_types::UserId;
use berth_types::api::{OidcUserInfo, PersonalToken, Session, UserResp};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The page of the people.
pub(super) const LIST: &str = "/admin/users";

/// The page of a person.
pub(super) fn href(id: UserId) -> String {
    format!("{LIST}/{id}")
}

/// The person whom the address names.
pub(super) fn id_of_page() -> Memo<Option<UserId>> {
    let params = use_params_map();
    Memo::new(move |_| params.read().get_str("id").and_then(|id| id.parse().ok()).map(UserId))
}

/// What `fetch` gives of the person whom the address names.
fn of_person<T, F>(fetch: impl Fn(Client, UserId) -> F + Send + Sync + 'static) -> Resource<ApiResult<T>>
where
    T: Clone + Serialize + DeserializeOwned + Send + Sync + 'static,
    F: Future<Output = ApiResult<T>> + Send + 'static,
{
    let (id, client) = (id_of_page(), use_client());
    Resource::new(
        move || id.get(),
        move |id| {
            let fetched = id.map(|id| fetch(client.clone(), id));
            async move {
                match fetched {
                    Some(fetched) => fetched.await,
                    None => Err(ApiError::not_found()),
                }
            }
        },
    )
}

/// The page of a person.
#[component]
pub fn User() -> impl IntoView {
    let user = of_person(|client, id| async move { client.user(id).await });
    let sessions = of_person(|client, id| async move { client.user_sessions(id).await });
    let tokens = of_person(|client, id| async move { client.user_tokens(id).await });
    let memberships = {
        let (id, client, state) = (id_of_page(), use_client(), use_list_state(BY_PROJECT));
        Resource::new(
            move || (id.get(), state.get()),
            move |(id, state)| {
                let client = client.clone();
                async move {
                    let id = id.ok_or_else(ApiError::not_found)?;
                    let found = client.user_memberships(id, &state.params(state.fuzzy(BY_PROJECT))).await?;
                    Ok((state, found))
                }
            },
        )
    };
    let title = t!(keys::person::TITLE);
    let crumbs = vec![Crumb::link(t!(keys::admin_users::TITLE), LIST), Crumb::here(title.clone())];
    view! {
        <AdminFrame title=title crumbs=crumbs>
            {loaded(
                user,
                move |user| {
                    let (id, name) = (user.user_id, user.username.clone());
                    let own = use_session()
                        .with_untracked(|session| session.user.as_ref().is_some_and(|own| own.user_id == id));
                    let end = (!own).then(|| format!("{}/sessions", href(id)));
                    let of = name.clone();
                    view! {
                        <Account user=user own=own />
                        {loaded(
                            memberships,
                            move |(state, memberships)| {
                                let hint = t!(keys::person::NO_PROJECTS_TEXT);
                                view! { <Memberships state=state memberships=memberships hint=hint /> }
                            },
                        )}
                        {loaded(
                            sessions,
                            move |sessions| view! { <Sessions name=name.clone() sessions=sessions end=end.clone() /> },
                        )}
                        {loaded(tokens, move |tokens| view! { <Tokens name=of.clone() tokens=tokens /> })}
                    }
                },
            )}
        </AdminFrame>
    }
}

/// Who it is, and what can be done about the account.
#[component]
fn Account(user: UserResp, own: bool) -> impl IntoView {
    use keys::account::profile as k;
    let admin = user.sysadmin_flag || user.admin_role_in_auth;
    let heading = if user.realname.is_empty() { user.username.clone() } else { user.realname.clone() };
    let role = if admin {
        view! { <Badge tone=Tone::Accent icon=Glyph::Shield>{t!(keys::admin_users::ADMIN)}</Badge> }.into_any()
    } else {
        t!(keys::admin_users::USER).into_any()
    };
    let second_factor = if user.second_factor {
        view! { <Badge tone=Tone::Ok icon=Glyph::Key>{t!(keys::common::ON)}</Badge> }
    } else {
        view! { <Badge>{t!(keys::common::OFF)}</Badge> }
    };
    let told = |label: String, text: String| {
        (!text.is_empty()).then(|| {
            view! {
                <KeyValue label=label>
                    <Name text=text />
                </KeyValue>
            }
        })
    };
    let foot = if own {
        view! { <LinkButton href="/account">{t!(keys::nav::PROFILE)}</LinkButton> }.into_any()
    } else {
        deeds(&user, admin)
    };
    view! {
        <PageHead title=move || heading sub=user.username.clone() />
        <Card title=t!(keys::person::ACCOUNT)>
            <CardBody>
                <KeyValues>
                    {told(t!(k::USERNAME), user.username)} {told(t!(k::REALNAME), user.realname)}
                    {told(t!(k::EMAIL), user.email)} {told(t!(k::COMMENT), user.comment)}
                    <KeyValue label=t!(keys::admin_users::ROLE)>{role}</KeyValue>
                    <KeyValue label=t!(keys::account::TAB_SECOND_FACTOR)>{second_factor}</KeyValue>
                    {user.oidc_user_meta.and_then(|meta| told(t!(keys::person::SOURCE), source(meta)))}
                    <KeyValue label=t!(keys::admin_users::CREATED)>
                        <TimeDate at=user.creation_time />
                    </KeyValue>
                </KeyValues>
            </CardBody>
            <CardFoot>{foot}</CardFoot>
        </Card>
    }
}

/// Where an account comes from that a provider of identity knows.
fn source(meta: OidcUserInfo) -> String {
    if meta.subiss.is_empty() { "OIDC".to_owned() } else { format!("OIDC · {}", meta.subiss) }
}

/// The pages that change somebody else's account.
fn deeds(user: &UserResp, admin: bool) -> AnyView {
    let page = |part: &str| format!("{}/{part}", href(user.user_id));
    let toggle = if admin { t!(keys::admin_users::UNMAKE_ADMIN) } else { t!(keys::admin_users::MAKE_ADMIN) };
    let second_factor = user.second_factor.then(|| {
        view! { <LinkButton href=page("second-factor")>{t!(keys::second_factor::REMOVE)}</LinkButton> }
    });
    // Nobody can delete the first one.
    let delete = (user.user_id != UserId::ADMIN).then(|| {
        view! {
            <LinkButton href=page("delete") look=Look::Danger icon=Glyph::Trash>
                {t!(keys::admin_users::DELETE)}
            </LinkButton>
        }
    });
    view! {
        <LinkButton href=page("edit") icon=Glyph::Edit>
            {t!(keys::common::EDIT)}
        </LinkButton>
        <LinkButton href=page("password") icon=Glyph::Key>
            {t!(keys::admin_users::SET_PASSWORD)}
        </LinkButton>
        <LinkButton href=page("administrator") icon=Glyph::Shield>
            {toggle}
        </LinkButton>
        {second_factor}
        {delete}
    }
    .into_any()
}

#[component]
fn Sessions(
    name: String,
    sessions: Vec<Session>,
    /// The page that ends them, except for one's own.
    end: Option<String>,
) -> impl IntoView {
    use keys::account::sessions as k;
    let end = end.filter(|_| !sessions.is_empty());
    let actions = move || {
        end.map(|href| {
            view! {
                <LinkButton href=href look=Look::Danger size=Size::Small>
                    {t!(keys::person::END)}
                </LinkButton>
            }
        })
    };
    let list = if sessions.is_empty() {
        nothing(t!(keys::person::NO_SESSIONS))
    } else {
        let head = || {
            view! {
                <Column label=t!(k::PROGRAM) />
                <Column label=t!(k::ADDRESS) />
                <Column label=t!(k::BEGAN) num=true priority=Priority::Third />
                <Column label=t!(k::SEEN) num=true />
                <Column label=t!(k::EXPIRES) num=true priority=Priority::Second />
            }
        };
        let rows = sessions.into_iter().map(session_row).collect_view();
        view! {
            <TableBox flush=true>
                <Table caption=t!(keys::person::SESSIONS_OF, name = name) head=head>
                    {rows}
                </Table>
            </TableBox>
        }
        .into_any()
    };
    view! {
        <Card title=t!(k::TITLE) actions=actions>
            {list}
        </Card>
    }
}

fn session_row(session: Session) -> impl IntoView {
    use keys::account::sessions as k;
    let program = program(&session.user_agent);
    view! {
        <Row>
            <RowHead>
                <span title=session.user_agent>{program}</span>
            </RowHead>
            <Cell label=t!(k::ADDRESS)>
                <span class="mono">{session.remote_addr}</span>
            </Cell>
            <Cell label=t!(k::BEGAN) num=true priority=Priority::Third>
                <TimeAgo at=session.created_at />
            </Cell>
            <Cell label=t!(k::SEEN) num=true>
                <TimeAgo at=session.seen_at />
            </Cell>
            <Cell label=t!(k::EXPIRES) num=true priority=Priority::Second>
                <TimeAgo at=session.expires_at />
            </Cell>
        </Row>
    }
}

#[component]
fn Tokens(name: String, tokens: Vec<PersonalToken>) -> impl IntoView {
    use keys::account::tokens as k;
    let list = if tokens.is_empty() {
        nothing(t!(keys::person::NO_TOKENS))
    } else {
        let head = || {
            view! {
                <Column label=t!(k::NAME) />
                <Column label=t!(k::REACH) />
                <Column label=t!(k::MADE) num=true priority=Priority::Third />
                <Column label=t!(k::USED) num=true />
                <Column label=t!(k::EXPIRY) num=true priority=Priority::Second />
            }
        };
        let rows = tokens.into_iter().map(token_row).collect_view();
        view! {
            <TableBox flush=true>
                <Table caption=t!(keys::person::TOKENS_OF, name = name) head=head>
                    {rows}
                </Table>
            </TableBox>
        }
        .into_any()
    };
    view! { <Card title=t!(k::TITLE)>{list}</Card> }
}

fn token_row(token: PersonalToken) -> impl IntoView {
    use keys::account::tokens as k;
    let reach = if token.read_only { t!(k::READ_ONLY) } else { t!(k::READ_WRITE) };
    let used = match token.last_used_at {
        Some(at) => view! { <TimeAgo at=at /> }.into_any(),
        None => t!(k::UNUSED).into_any(),
    };
    let ends = match token.expires_at {
        Some(at) => view! { <TimeAgo at=at /> }.into_any(),
        None => t!(k::NO_END).into_any(),
    };
    view! {
        <Row>
            <RowHead>
                <Name text=token.name />
            </RowHead>
            <Cell label=t!(k::REACH)>{reach}</Cell>
            <Cell label=t!(k::MADE) num=true priority=Priority::Third>
                <TimeAgo at=token.creation_time />
            </Cell>
            <Cell label=t!(k::USED) num=true>
                {used}
            </Cell>
            <Cell label=t!(k::EXPIRY) num=true priority=Priority::Second>
                {ends}
            </Cell>
        </Row>
    }
}

/// What a card says that has no rows.
fn nothing(text: String) -> AnyView {
    view! {
        <CardBody>
            <p class="muted">{text}</p>
        </CardBody>
    }
    .into_any()
}
