//! Scanners of vulnerabilities: programs of others that are registered here.

mod delete;
mod form;
mod metadata;

pub use delete::DeleteScanner;
pub use form::{EditScanner, NewScanner};

use super::AdminFrame;
use super::outside::{
    self, Doing, Listing, ON_OFF, PostSwitchOutside, Target, Thing, filter, of_on_off, on_off, row_menu,
};
use crate::client::use_client;
use crate::form::{FormAction, FormErrors, answer_of};
use crate::format::natural;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::query::{ListState, use_list_state};
use crate::ui::{
    ActionCell, ActionColumn, Badge, Callout, Cell, Column, Crumb, Empty, Glyph, Name, NameLink, PageHead, Priority,
    Row, RowHead, Table, TableBox, Tone,
};
use crate::{t, tn};
use berth_types::api::ScannerRegistration;
#[cfg(feature = "ssr")]
use berth_types::api::ScannerRegistrationReq;
use berth_types::page::Paged;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

const LIST: &str = "/admin/scanners";

/// A scanner as a request that changes nothing of it. An empty credential keeps the one that is there.
#[cfg(feature = "ssr")]
pub(super) fn request_of(scanner: ScannerRegistration) -> ScannerRegistrationReq {
    ScannerRegistrationReq {
        name: Some(scanner.name),
        description: scanner.description,
        url: Some(scanner.url),
        auth: scanner.auth,
        access_credential: String::new(),
        skip_cert_verify: scanner.skip_cert_verify,
        use_internal_addr: scanner.use_internal_addr,
        disabled: scanner.disabled,
    }
}

/// The page with the list.
#[component]
pub fn Scanners() -> impl IntoView {
    let title = t!(keys::scanners::TITLE);
    let state = use_list_state("");
    let client = use_client();
    let switch = FormAction::of::<PostSwitchOutside>();
    let scanners = Resource::new(
        move || (state.get(), switch.version().get()),
        move |(state, _)| {
            let client = client.clone();
            async move {
                let found = client.scanners(&state.params(filter(&state.q, of_view(&state.search)))).await?;
                Ok((state, found))
            }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title)]>
            <PageHead title=|| t!(keys::scanners::TITLE) sub=t!(keys::scanners::SUB) actions=new_button />
            <Callout tone=Tone::Info title=t!(keys::scanners::NO_RUNS) text=t!(keys::scanners::NO_RUNS_TEXT) />
            <FormErrors answer=answer_of(switch) />
            {loaded(scanners, move |(state, found)| view! { <List state=state found=found switch=switch /> })}
        </AdminFrame>
    }
}

/// What the view of the list asks the API for, which knows what is off.
fn of_view(search: &str) -> &'static str {
    match of_on_off(search) {
        "enabled=true" => "disabled=false",
        "enabled=false" => "disabled=true",
        _ => "",
    }
}

fn new_button() -> AnyView {
    outside::new_button("/admin/scanners/new", t!(keys::scanners::NEW))
}

#[component]
fn List(state: ListState, found: Paged<ScannerRegistration>, switch: FormAction) -> impl IntoView {
    let table =
        (!found.items.is_empty()).then(|| view! { <ScannerTable scanners=found.items switch=switch /> }.into_any());
    let listing = Listing {
        state,
        total: found.total,
        search: t!(keys::scanners::FILTER),
        count: tn!(keys::scanners::COUNT, natural(found.total)),
        views: ON_OFF,
    };
    listing.draw(table, || {
        view! {
            <Empty icon=Glyph::Shield title=t!(keys::scanners::EMPTY) text=t!(keys::scanners::EMPTY_TEXT)>
                {new_button()}
            </Empty>
        }
        .into_any()
    })
}

#[component]
fn ScannerTable(scanners: Vec<ScannerRegistration>, switch: FormAction) -> impl IntoView {
    let head = || {
        view! {
            <Column label=t!(keys::scanners::NAME) />
            <Column label=t!(keys::scanners::URL) priority=Priority::Second />
            <Column label=t!(keys::scanners::finds::LABEL) priority=Priority::Third />
            <Column label=t!(keys::outside::STATE) />
            <ActionColumn />
        }
    };
    let rows = scanners.into_iter().map(move |scanner| {
        let target = Target::of(Thing::Scanner, &scanner.uuid, &scanner.name);
        let doing = Doing { on: Some(!scanner.disabled), to_default: !scanner.is_default && !scanner.disabled };
        let default = scanner.is_default.then(default_badge);
        let finds = finds(&scanner);
        let (edit, menu) = (target.edit(), row_menu(&target, doing, switch));
        view! {
            <Row>
                <RowHead>
                    <NameLink text=scanner.name href=edit />
                    " "
                    {default}
                </RowHead>
                <Cell label=t!(keys::scanners::URL) priority=Priority::Second>
                    <span class="mono muted">
                        <Name text=scanner.url />
                    </span>
                </Cell>
                <Cell label=t!(keys::scanners::finds::LABEL) priority=Priority::Third>
                    <span class="muted">{finds}</span>
                </Cell>
                <Cell label=t!(keys::outside::STATE)>{on_off(!scanner.disabled)}</Cell>
                <ActionCell>{menu}</ActionCell>
            </Row>
        }
    });
    view! {
        <TableBox>
            <Table caption=t!(keys::scanners::TITLE) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

/// The one that is used where none is chosen.
pub(crate) fn default_badge() -> AnyView {
    view! { <Badge tone=Tone::Accent>{t!(keys::outside::DEFAULT)}</Badge> }.into_any()
}

/// What a scanner finds, as far as it ever said.
pub(crate) fn finds(scanner: &ScannerRegistration) -> String {
    use keys::scanners::finds as k;
    let Some(can) = &scanner.capabilities else { return t!(keys::common::UNKNOWN) };
    let can = |what: &str| can.get(what).copied().unwrap_or_default();
    match (can("support_vulnerability"), can("support_sbom")) {
        (true, true) => t!(k::BOTH),
        (true, false) => t!(k::VULNERABILITIES),
        (false, true) => t!(k::SBOM),
        (false, false) => t!(keys::common::NONE),
    }
}

fn crumbs(title: &str) -> Vec<Crumb> {
    vec![Crumb::link(t!(keys::scanners::TITLE), LIST), Crumb::here(title)]
}

/// The scanner that the address names.
fn id_of_page() -> String {
    use_params_map().with_untracked(|params| params.get_str("id").unwrap_or_default().to_owned())
}
