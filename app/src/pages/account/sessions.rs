//! Where the visitor is signed in.

use super::program::program;
use super::{AccountFrame, Part};
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::format::TimeAgo;
use crate::i18n::keys;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::t;
use crate::ui::{
    ActionCell, ActionColumn, Badge, Button, Card, CardBody, Cell, Column, Look, Priority, Row, RowHead, Size, Sort,
    Table, TableBox, Tone,
};
use berth_types::api::Session;
use leptos::prelude::*;

/// Ends the session of the visitor.
#[server(prefix = "/_portal", endpoint = "sign-out")]
pub(crate) async fn sign_out() -> Posted {
    let client = use_client();
    let posted = client.sign_out().await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, "/sign-in?state=out")
}

/// Ends another session of the visitor.
#[server(prefix = "/_portal", endpoint = "end-session")]
pub(crate) async fn end_session(id: String) -> Posted {
    let client = use_client();
    let posted = client.end_session(&id).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::SessionEnded.on("/account/sessions", ""))
}

/// Ends all sessions of the visitor but this one.
#[server(prefix = "/_portal", endpoint = "end-other-sessions")]
pub(crate) async fn end_other_sessions() -> Posted {
    let client = use_client();
    let posted = client.end_other_sessions().await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::SessionsEnded.on("/account/sessions", ""))
}

/// The page of the sessions.
#[component]
pub fn Sessions() -> impl IntoView {
    let (end, end_others) = (FormAction::of::<EndSession>(), FormAction::of::<EndOtherSessions>());
    let client = use_client();
    let state = use_list_state("-seen_at");
    let sessions = Resource::new(
        move || (state.get(), end.version().get(), end_others.version().get()),
        move |(state, _, _)| {
            let client = client.clone();
            async move {
                let sessions = client.sessions(&state.all(String::new())).await?;
                Ok((state, sessions))
            }
        },
    );
    view! {
        <AccountFrame part=Part::Sessions>
            <FormErrors answer=answer_of(end) />
            <FormErrors answer=answer_of(end_others) />
            <p class="muted">{t!(keys::account::sessions::TEXT)}</p>
            {loaded(
                sessions,
                move |(state, sessions)| {
                    view! { <SessionTable state=state sessions=sessions end=end end_others=end_others /> }
                },
            )}
        </AccountFrame>
    }
}

#[component]
fn SessionTable(state: ListState, sessions: Vec<Session>, end: FormAction, end_others: FormAction) -> impl IntoView {
    use keys::account::sessions as k;
    let others = sessions.iter().any(|session| !session.current).then(|| {
        view! {
            <CardBody>
                <PostForm action=end_others>
                    <Button submit=true busy=end_others.pending()>
                        {t!(k::END_OTHERS)}
                    </Button>
                </PostForm>
            </CardBody>
        }
    });
    let by = move |field: &str, descending_first: bool| Sort::by(field, &state.sort, &state.search, descending_first);
    let head = move || {
        view! {
            <Column label=t!(k::PROGRAM) sort=by("user_agent", false) />
            <Column label=t!(k::ADDRESS) sort=by("remote_addr", false) />
            <Column label=t!(k::BEGAN) sort=by("created_at", true) num=true priority=Priority::Third />
            <Column label=t!(k::SEEN) sort=by("seen_at", true) num=true />
            <Column label=t!(k::EXPIRES) sort=by("expires_at", false) num=true priority=Priority::Second />
            <ActionColumn />
        }
    };
    let rows = sessions.into_iter().map(move |session| view! { <SessionRow session=session end=end /> });
    view! {
        <Card label=t!(k::TITLE)>
            <TableBox flush=true>
                <Table caption=t!(k::CAPTION) head=head>
                    {rows.collect_view()}
                </Table>
            </TableBox>
            {others}
        </Card>
    }
}

#[component]
fn SessionRow(session: Session, end: FormAction) -> impl IntoView {
    use keys::account::sessions as k;
    let Session { id, created_at, seen_at, expires_at, remote_addr, user_agent, current } = session;
    let action = if current {
        view! { <Badge tone=Tone::Accent>{t!(k::CURRENT)}</Badge> }.into_any()
    } else {
        let label = t!(k::END_LABEL, address = remote_addr);
        view! {
            <PostForm action=end>
                <input type="hidden" name="id" value=id />
                <Button look=Look::Danger size=Size::Small submit=true attr:aria-label=label>
                    {t!(k::END)}
                </Button>
            </PostForm>
        }
        .into_any()
    };
    view! {
        <Row>
            <RowHead>
                <span title=user_agent.clone()>{program(&user_agent)}</span>
            </RowHead>
            <Cell label=t!(k::ADDRESS)>
                <span class="mono">{remote_addr}</span>
            </Cell>
            <Cell label=t!(k::BEGAN) num=true priority=Priority::Third>
                <TimeAgo at=created_at />
            </Cell>
            <Cell label=t!(k::SEEN) num=true>
                <TimeAgo at=seen_at />
            </Cell>
            <Cell label=t!(k::EXPIRES) num=true priority=Priority::Second>
                <TimeAgo at=expires_at />
            </Cell>
            <ActionCell>{action}</ActionCell>
        </Row>
    }
}
