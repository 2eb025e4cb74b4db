//! Settings of the system that can be changed while it runs, each with where its value comes from.

mod item;
mod known;
mod row;
mod server;

use super::AdminFrame;
use crate::client::use_client;
#[cfg(feature = "ssr")]
use crate::form::FormError;
use crate::form::{FormAction, FormErrors, PostForm, Posted, answer_of};
use crate::i18n::{Key, keys};
use crate::letters::lower;
use crate::load::Resource;
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::loaded;
use crate::query::kept;
use crate::ui::{
    Button, Card, Crumb, Empty, FilterCount, Filters, Glyph, Icon, LinkButton, Look, Menu, MenuLink, PageHead,
    SearchBox, Tab, Tabs, query_pairs, save_label, with_query,
};
use crate::{t, tn};
use berth_types::api::SettingInfo;
use item::{Group, Item, Source};
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use row::SettingRow;
use std::collections::BTreeMap;

#[cfg(feature = "ssr")]
const PAGE: &str = "/admin/settings";

/// Saves the settings that differ from what is in force, of those that the form `seen` showed.
#[server(prefix = "/_portal", endpoint = "settings")]
pub(crate) async fn post_settings(
    #[server(default)] values: BTreeMap<String, String>,
    #[server(default)] seen: String,
    #[server(default)] search: String,
) -> Posted {
    let client = use_client();
    let changes = match client.settings().await {
        Ok(current) => item::changes(&current, &values, &seen),
        Err(refusal) => Err(FormError::default().refused(refusal)),
    };
    let saved = match changes {
        Ok(changes) if changes.is_empty() => Ok(Notice::SystemUnchanged),
        Ok(changes) => match client.set_configurations(&changes).await {
            Ok(()) => Ok(Notice::SystemSaved),
            // What the server alone can check, it says of one setting.
            Err(refusal) => Err(item::refused(&changes, refusal)),
        },
        Err(answer) => Err(answer),
    };
    let page = if search.is_empty() { PAGE.to_owned() } else { format!("{PAGE}?{search}") };
    match saved {
        Ok(notice) => crate::form::conclude(Ok(()), &notice.on(&page, "")),
        Err(answer) => crate::form::conclude(Err(answer), &page),
    }
}

/// Forgets what was set, so that the default of a setting holds.
#[server(prefix = "/_portal", endpoint = "default-setting")]
pub(crate) async fn post_default(#[server(default)] setting: String, #[server(default)] search: String) -> Posted {
    let page = if search.is_empty() { PAGE.to_owned() } else { format!("{PAGE}?{search}") };
    match use_client().reset_setting(&setting).await {
        Ok(()) => crate::form::conclude(Ok(()), &Notice::SystemDefault.on(&page, "")),
        Err(refusal) => crate::form::conclude(Err(FormError::default().refused(refusal)), &page),
    }
}

/// What is said of a setting, for those who look for it elsewhere.
pub(crate) struct Words {
    /// Harbor's key.
    pub(crate) key: &'static str,
    /// The name of its input on the page.
    pub(crate) field: String,
    /// Its name.
    pub(crate) label: Key,
    /// What it means.
    pub(crate) text: Key,
    /// Where it stands on the page.
    pub(crate) group: Key,
}

/// All settings that have words of their own.
pub(crate) fn words_of_settings() -> impl Iterator<Item = Words> {
    known::KNOWN.iter().map(|known| Words {
        key: known.key,
        field: item::field(known.key),
        label: known.label,
        text: known.text,
        group: known.group.title(),
    })
}

/// Which settings the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    /// A part of a name, a text or a key.
    text: String,
    /// Where values come from.
    source: Option<Source>,
    /// The query to keep.
    search: String,
}

impl Shown {
    fn read(search: &str) -> Self {
        let pairs = query_pairs(search);
        let of = |name: &str| {
            let value = pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim());
            value.unwrap_or_default().to_owned()
        };
        Shown { text: of("q"), source: Source::read(&of("source")), search: kept(search) }
    }

    fn holds(&self, item: &Item, info: &SettingInfo) -> bool {
        let text = lower(&self.text);
        let is_named = || [&item.label, &item.text, &info.name].iter().any(|each| lower(each).contains(&text));
        self.source.is_none_or(|source| source == Source::of(info)) && (text.is_empty() || is_named())
    }
}

/// The tab that shows what the server was started with.
const SERVER: &str = "server";

/// The page of the settings.
#[component]
pub fn Settings() -> impl IntoView {
    let search = use_location().search;
    let is_server = Memo::new(move |_| {
        let pairs = search.with(|search| query_pairs(search));
        pairs.iter().any(|(name, value)| name == "tab" && value == SERVER)
    });
    let title = t!(keys::admin_settings::TITLE);
    let tabs = move || {
        let tab = |label: String, word: Option<&str>, current: bool| Tab {
            label,
            href: with_query("", &[("tab", word)]),
            count: None,
            current,
        };
        let tabs = vec![
            tab(t!(keys::admin_settings::TAB_SETTINGS), None, !is_server.get()),
            tab(t!(keys::admin_settings::TAB_SERVER), Some(SERVER), is_server.get()),
        ];
        view! { <Tabs label=t!(keys::admin_settings::TITLE) tabs=tabs /> }
    };
    let part = move || {
        if is_server.get() {
            view! { <server::ServerConfiguration /> }.into_any()
        } else {
            view! { <RunTime /> }.into_any()
        }
    };
    view! {
        <AdminFrame title=title.clone() crumbs=vec![Crumb::here(title.clone())]>
            <PageHead title=move || title sub=t!(keys::admin_settings::SUB) />
            {tabs}
            {part}
        </AdminFrame>
    }
}

/// What can be changed while the server runs.
#[component]
fn RunTime() -> impl IntoView {
    let action = FormAction::of::<PostSettings>();
    let to_default = FormAction::of::<PostDefault>();
    let client = use_client();
    let location = use_location();
    let settings = Resource::new(
        || (),
        move |()| {
            let client = client.clone();
            async move { client.settings().await }
        },
    );
    let shown = Memo::new(move |_| location.search.with(|search| Shown::read(search)));
    loaded(settings, move |settings| {
        move || {
            view! {
                <SettingsForm settings=settings.clone() shown=shown.get() action=action to_default=to_default />
            }
        }
    })
}

#[component]
fn SettingsForm(settings: Vec<SettingInfo>, shown: Shown, action: FormAction, to_default: FormAction) -> impl IntoView {
    let answer = answer_of(action);
    let own = settings.iter().filter(|info| info.value != info.default && !info.secret).count();
    let count = tn!(keys::admin_settings::CHANGED, own as u64, all = settings.len());
    let items: Vec<(Item, SettingInfo)> = settings
        .into_iter()
        .map(|info| (Item::of(&info), info))
        .filter(|(item, info)| shown.holds(item, info))
        .collect();
    let names: Vec<(String, String)> = items.iter().map(|(item, _)| (item.field(), item.label.clone())).collect();
    let unused: Vec<String> =
        items.iter().filter(|(item, _)| item.group.note().is_some()).map(|(item, _)| item.field()).collect();
    let has_fault = Memo::new(move |_| {
        answer.with(|answer| {
            answer.as_ref().is_some_and(|answer| unused.iter().any(|field| answer.fault(field).is_some()))
        })
    });
    let is_searched = shown.source.is_some() || !shown.text.is_empty();
    let seen: Vec<&str> = items.iter().map(|(_, info)| info.name.as_str()).collect();
    let seen = seen.join(",");
    let nothing = items.is_empty();
    let groups = Group::ALL.into_iter().filter_map(|group| {
        let rows: Vec<_> = Item::in_order(&items)
            .filter(|(item, _)| item.group == group)
            .map(|(item, info)| view! { <SettingRow item=item.clone() setting=info.clone() answer=answer /> })
            .collect();
        let (title, many) = (t!(group.title()), rows.len());
        (many > 0).then(|| match group.note() {
            None => view! {
                <Card title=title>
                    <ul class="list">{rows}</ul>
                </Card>
            }
            .into_any(),
            // What does nothing yet is out of the way, until somebody looks for it or something in it is wrong.
            Some(note) => view! {
                <Card label=title.clone()>
                    <details open=move || is_searched || has_fault.get()>
                        <summary class="card-head">
                            <Icon name=Glyph::Down />
                            <h2>{title}</h2>
                            <span class="push small muted">{tn!(keys::admin_settings::UNUSED, many as u64)}</span>
                        </summary>
                        <p class="card-body small muted">{t!(note)}</p>
                        <ul class="list">{rows}</ul>
                    </details>
                </Card>
            }
            .into_any(),
        })
    });
    let groups = groups.collect_view();
    let changes = RwSignal::new(0_u64);
    let catalog = crate::i18n::use_catalog();
    let save = move || match changes.get() {
        0 => catalog.get(keys::admin_settings::SAVE).to_owned(),
        n => save_label(n),
    };
    let sources = std::iter::once(None).chain(Source::ALL.map(Some)).map(|source| {
        let text = source.map_or_else(|| t!(keys::admin_settings::ALL_SOURCES), |source| t!(source.label()));
        let href = with_query(&shown.search, &[("source", source.map(Source::word))]);
        view! { <MenuLink href=href current=source == shown.source text=text /> }
    });
    let sources = sources.collect_view();
    let search = shown.search.clone();
    let kept_search = search.clone();
    let form = if nothing {
        view! {
            <Empty icon=Glyph::Filter title=t!(keys::admin_settings::NOTHING) text=t!(keys::filter::NO_MATCH_TEXT)>
                <LinkButton href="?">{t!(keys::filter::CLEAR)}</LinkButton>
            </Empty>
        }
        .into_any()
    } else {
        view! {
            // Fields tell of their changes on their way up.
            <div on:input=move |event| changes.set(changed_fields(&event)) on:change=move |event| changes.set(changed_fields(&event))>
                <PostForm action=action anew=true attr:class="stack" attr:novalidate="">
                    <FormErrors answer=answer names=names />
                    <input type="hidden" name="seen" value=seen />
                    <input type="hidden" name="search" value=search />
                    {groups}
                    <div class="row save-bar">
                        <Button look=Look::Primary submit=true busy=action.pending()>
                            {save}
                        </Button>
                    </div>
                </PostForm>
            </div>
        }
        .into_any()
    };
    view! {
        <Filters>
            <SearchBox label=t!(keys::admin_settings::FIND) value=shown.text.clone() keep=shown.search.clone() />
            <Menu text=t!(keys::admin_settings::SOURCE)>{sources}</Menu>
            <FilterCount text=count />
        </Filters>
        <FormErrors answer=answer_of(to_default) />
        {form}
        // The buttons of the rows belong to it. Inside the other form, Enter in any field would press the first of them.
        <PostForm action=to_default anew=true attr:id=row::DEFAULT_FORM>
            <input type="hidden" name="search" value=kept_search />
        </PostForm>
    }
}

/// How many fields of the form around an event hold something else than at first.
#[cfg(target_arch = "wasm32")]
fn changed_fields(event: &leptos::ev::Event) -> u64 {
    use leptos::web_sys::{Element, HtmlInputElement, HtmlOptionElement};
    use wasm_bindgen::JsCast;
    let Some(form) = event.target().and_then(|target| target.dyn_into::<Element>().ok()?.closest("form").ok()?) else {
        return 0;
    };
    let all = |selector: &str| {
        let found = form.query_selector_all(selector).ok();
        let size = found.as_ref().map_or(0, |found| found.length());
        (0..size).filter_map(move |at| found.as_ref()?.get(at)).collect::<Vec<_>>()
    };
    let inputs =
        all("input:not([type=hidden])").into_iter().filter_map(|node| node.dyn_into::<HtmlInputElement>().ok());
    let inputs = inputs.filter(|input| match input.type_().as_str() {
        "checkbox" => input.checked() != input.default_checked(),
        _ => input.value() != input.default_value(),
    });
    let options = all("option").into_iter().filter_map(|node| node.dyn_into::<HtmlOptionElement>().ok());
    (inputs.count() + options.filter(|option| option.selected() && !option.default_selected()).count()) as u64
}

#[cfg(not(target_arch = "wasm32"))]
fn changed_fields(_: &leptos::ev::Event) -> u64 {
    0
}
