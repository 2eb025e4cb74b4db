//! What Berth keeps of other systems: registries, rules of replication, groups, scanners, P2P networks. Their lists, switches
//! and deletions are the same for all.

#[cfg(feature = "ssr")]
use crate::client::{ApiError, ApiResult, Client, use_client};
use crate::form::{FormAction, FormError, FormErrors, PostForm, Posted, answer_of, value_of};
use crate::i18n::{Key, keys, use_catalog};
#[cfg(feature = "ssr")]
use crate::notice::Notice;
use crate::pages::project::{NoMatch, natural};
use crate::query::{ListState, plain};
use crate::t;
use crate::ui::{
    Button, Callout, FilterCount, Filters, Glyph, LinkButton, Look, MenuButton, MenuLink, MenuSeparator, PageHead,
    Pager, RowMenu, SearchBox, Segment, Segmented, Tone, query_pairs, with_query,
};
use berth_types::url::encode;
use leptos::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

/// A kind of thing that is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Thing {
    /// Another registry.
    #[default]
    Registry,
    /// A rule of replication.
    Rule,
    /// A group of people.
    Group,
    /// A scanner of vulnerabilities.
    Scanner,
    /// A P2P network.
    Network,
    /// What a project brings into a P2P network.
    Preheat,
}

impl Thing {
    /// The word in a form.
    const fn word(self) -> &'static str {
        match self {
            Thing::Registry => "registry",
            Thing::Rule => "rule",
            Thing::Group => "group",
            Thing::Scanner => "scanner",
            Thing::Network => "network",
            Thing::Preheat => "preheat",
        }
    }
}

/// One of those things, as forms name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Target {
    /// What it is.
    pub thing: Thing,
    /// The project that it belongs to; empty for none.
    pub project: String,
    /// What the API calls it.
    pub id: String,
    /// What people call it.
    pub name: String,
}

impl Target {
    /// A thing of the system.
    pub fn of(thing: Thing, id: impl ToString, name: &str) -> Self {
        Target { thing, project: String::new(), id: id.to_string(), name: name.to_owned() }
    }

    /// The page with the list.
    pub fn list(&self) -> String {
        match self.thing {
            Thing::Registry => "/admin/registries".to_owned(),
            Thing::Rule => "/admin/replication".to_owned(),
            Thing::Group => "/admin/groups".to_owned(),
            Thing::Scanner => "/admin/scanners".to_owned(),
            Thing::Network => "/admin/preheat".to_owned(),
            Thing::Preheat => format!("/projects/{}/-/preheat", self.project),
        }
    }

    /// The page of this one.
    pub fn edit(&self) -> String {
        let between = match self.thing {
            // Names may be any word, and so the word of another page.
            Thing::Network => "/networks",
            Thing::Preheat => "/policies",
            Thing::Registry | Thing::Rule | Thing::Group | Thing::Scanner => "",
        };
        format!("{}{between}/{}", self.list(), encode(&self.id))
    }

    /// The question whether to delete it.
    pub fn delete(&self) -> String {
        format!("{}/delete", self.edit())
    }
}

/// Deletes a thing.
#[server(prefix = "/_portal", endpoint = "outside-delete")]
pub(crate) async fn post_delete_outside(#[server(flatten)] target: Target) -> Posted {
    let client = use_client();
    let posted = delete(&client, &target).await.map_err(|refusal| FormError::default().refused(refusal));
    crate::form::conclude(posted, &Notice::OutsideDeleted.on(&target.list(), &target.name))
}

#[cfg(feature = "ssr")]
fn number(target: &Target) -> ApiResult<i64> {
    target.id.parse().map_err(|_| ApiError::not_found())
}

#[cfg(feature = "ssr")]
fn project(target: &Target) -> ApiResult<berth_types::ProjectName> {
    target.project.parse().map_err(|_| ApiError::not_found())
}

#[cfg(feature = "ssr")]
async fn delete(client: &Client, target: &Target) -> ApiResult<()> {
    match target.thing {
        Thing::Registry => client.delete_registry(number(target)?).await,
        Thing::Rule => client.delete_replication_rule(number(target)?).await,
        Thing::Group => client.delete_group(number(target)?).await,
        Thing::Scanner => client.delete_scanner(&target.id).await,
        Thing::Network => client.delete_preheat_network(&target.id).await,
        Thing::Preheat => client.delete_preheat_policy(&project(target)?, &target.id).await,
    }
}

/// Switches a thing on or off, or makes it the one that is used where none is chosen (`on`, `off`, `default`).
#[server(prefix = "/_portal", endpoint = "outside-switch")]
pub(crate) async fn post_switch_outside(#[server(flatten)] target: Target, to: String) -> Posted {
    let client = use_client();
    let posted = switch(&client, &target, &to).await.map_err(|refusal| FormError::default().refused(refusal));
    let notice = match to.as_str() {
        "on" => Notice::OutsideEnabled,
        "off" => Notice::OutsideDisabled,
        _ => Notice::OutsideDefault,
    };
    crate::form::conclude(posted, &notice.on(&target.list(), &target.name))
}

#[cfg(feature = "ssr")]
async fn switch(client: &Client, target: &Target, to: &str) -> ApiResult<()> {
    let on = to == "on";
    match target.thing {
        Thing::Rule => {
            let mut rule = client.replication_rule(number(target)?).await?;
            rule.enabled = on;
            client.update_replication_rule(&rule).await
        }
        Thing::Scanner if to == "default" => client.set_default_scanner(&target.id).await,
        Thing::Scanner => {
            let scanner = client.scanner(&target.id).await?;
            let mut change = super::scanners::request_of(scanner);
            change.disabled = !on;
            client.update_scanner(&target.id, &change).await
        }
        Thing::Network => {
            let mut network = client.preheat_network(&target.id).await?;
            if to == "default" {
                network.default = true;
            } else {
                network.enabled = on;
            }
            client.update_preheat_network(&target.id, &network).await
        }
        Thing::Preheat => {
            let project = project(target)?;
            let mut policy = client.preheat_policy(&project, &target.id).await?;
            policy.enabled = on;
            client.update_preheat_policy(&project, &target.id, &policy).await
        }
        Thing::Registry | Thing::Group => Err(ApiError::not_found()),
    }
}

/// The hidden fields that name a thing.
fn fields(target: &Target) -> AnyView {
    let project = (!target.project.is_empty()).then(|| {
        view! { <input type="hidden" name="project" value=target.project.clone() /> }
    });
    view! {
        <input type="hidden" name="thing" value=target.thing.word() />
        {project}
        <input type="hidden" name="id" value=target.id.clone() />
        <input type="hidden" name="name" value=target.name.clone() />
    }
    .into_any()
}

/// What can be done to a row besides opening it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Doing {
    /// Whether it is on, for what can be switched.
    pub on: Option<bool>,
    /// Whether it can become the default one.
    pub to_default: bool,
}

/// The menu of a row: open, switch, delete.
pub(crate) fn row_menu(target: &Target, doing: Doing, action: FormAction) -> AnyView {
    let form = |to: &'static str, icon: Glyph, key: Key| {
        let hidden = fields(target);
        view! {
            <PostForm action=action>
                {hidden} <input type="hidden" name="to" value=to />
                <MenuButton icon=icon submit=true text=t!(key) />
            </PostForm>
        }
    };
    let on = doing.on.map(|on| {
        if on {
            form("off", Glyph::Pause, keys::outside::DISABLE)
        } else {
            form("on", Glyph::Play, keys::outside::ENABLE)
        }
    });
    let default = doing.to_default.then(|| form("default", Glyph::Star, keys::outside::MAKE_DEFAULT));
    let (edit, delete) = (target.edit(), target.delete());
    view! {
        <RowMenu label=t!(keys::common::ACTIONS_FOR, name = target.name)>
            <MenuLink href=edit icon=Glyph::Edit text=t!(keys::common::EDIT) />
            {on}
            {default}
            <MenuSeparator />
            <MenuLink href=delete icon=Glyph::Trash danger=true text=t!(keys::common::MENU_DELETE) />
        </RowMenu>
    }
    .into_any()
}

/// The views of a list: the word in the address, and what the view is called. The first one is all.
pub(crate) type Views = [(&'static str, Key)];
/// The parameter of the address that chooses a view.
const SHOW: &str = "show";

/// The view that an address chooses: its place among them.
pub(crate) fn view_of(views: &Views, search: &str) -> usize {
    let pairs = query_pairs(search);
    let word = pairs.iter().find(|(key, _)| key == SHOW).map(|(_, value)| value.as_str()).unwrap_or_default();
    views.iter().position(|(name, _)| *name == word).unwrap_or_default()
}

/// A filter in the grammar of the API: a part of the name, and what the view asks for.
pub(crate) fn filter(name: &str, of_view: &str) -> String {
    let name = plain(name);
    let name = if name.is_empty() { String::new() } else { format!("name=~{name}") };
    [name.as_str(), of_view].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(",")
}

/// A list with its search, its views and its pages.
pub(crate) struct Listing {
    /// What the address asks for.
    pub state: ListState,
    /// Rows on all pages.
    pub total: i64,
    /// What the search is called.
    pub search: String,
    /// How many there are, in words.
    pub count: String,
    /// Other views of the list; none where it has one.
    pub views: &'static Views,
}

impl Listing {
    /// The list; `empty` where there is nothing at all.
    pub fn draw(self, table: Option<AnyView>, empty: impl FnOnce() -> AnyView) -> AnyView {
        let Listing { state: ListState { q, page, page_size, search: query, .. }, total, search, count, views } = self;
        let total = natural(total);
        let current = view_of(views, &query);
        let list = match table {
            Some(table) => table,
            None if q.is_empty() && current == 0 => empty(),
            None => {
                let of_view = views.get(current).map(|(_, key)| t!(*key)).unwrap_or_default();
                let query = if q.is_empty() { of_view } else { q.clone() };
                view! { <NoMatch query=query /> }.into_any()
            }
        };
        let segment = |(at, (word, key)): (usize, &(&'static str, Key))| Segment {
            label: t!(*key),
            href: with_query(&query, &[(SHOW, Some(*word).filter(|word| !word.is_empty())), ("page", None)]),
            current: at == current,
        };
        let segments: Vec<Segment> = views.iter().enumerate().map(segment).collect();
        let segmented =
            (!segments.is_empty()).then(|| view! { <Segmented label=t!(keys::outside::SHOW) segments=segments /> });
        let pager = (total > 0).then(|| {
            let query = query.clone();
            view! { <Pager page=page page_size=page_size total=total search=query /> }
        });
        view! {
            <Filters>
                <SearchBox label=search value=q keep=query />
                {segmented}
                <FilterCount text=count />
            </Filters>
            {list}
            {pager}
        }
        .into_any()
    }
}

/// The field in which a browser without script is told that what it tried answers.
const TRIED: &str = "tried";

/// Ends a server function that only tried something, which answers: the form keeps what was filled in.
///
/// # Errors
/// The answer itself for a browser without script, which takes it home in its address.
#[cfg(feature = "ssr")]
pub(crate) fn conclude_trial(mut answer: FormError) -> Result<bool, FormError> {
    if !crate::form::is_plain() {
        return Ok(true);
    }
    answer.values.push((TRIED.to_owned(), "true".to_owned()));
    Err(answer)
}

/// That the last trial of a form worked.
#[component]
pub(crate) fn Tried(
    /// The action of the form; it gives whether it only tried.
    action: FormAction,
) -> impl IntoView {
    let (output, error) = (action.output::<bool>(), action.error());
    let catalog = use_catalog();
    let answers = move || {
        output.get() == Some(true) || error.with(|error| error.as_ref().is_some_and(|e| e.value(TRIED).is_some()))
    };
    move || answers().then(|| view! { <Callout tone=Tone::Ok title=catalog.get(keys::outside::ANSWERS).to_owned() /> })
}

/// Save, test, cancel: the buttons of a form about something that can be tried.
pub(crate) fn trial_buttons(action: FormAction, back: String) -> AnyView {
    view! {
        <div class="row">
            <Button look=Look::Primary submit=true busy=action.pending() attr:name="intent" attr:value="save">
                {t!(keys::common::SAVE)}
            </Button>
            <Button icon=Glyph::Refresh submit=true busy=action.pending() attr:name="intent" attr:value="test">
                {t!(keys::registries::TEST)}
            </Button>
            <LinkButton href=back>{t!(keys::common::CANCEL)}</LinkButton>
        </div>
    }
    .into_any()
}

/// What a form remembers of a tick.
pub(crate) fn is_ticked(answer: Signal<Option<FormError>>, field: &str, initial: bool) -> bool {
    value_of(answer, field, flag(initial)) == "true"
}

/// A tick as a form remembers it.
pub(crate) const fn flag(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

/// Reads a tick as forms post it: fields that are gathered from a form are text.
pub(crate) fn ticked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|text| text == "true")
}

/// The question whether to delete a thing.
#[component]
pub(crate) fn DeleteQuestion(
    /// Which one.
    target: Target,
    /// The question.
    heading: String,
    /// What goes with it, or what keeps it.
    effect: String,
    /// Whether something keeps it.
    #[prop(optional)]
    blocked: bool,
    /// What the button says.
    submit: String,
    /// What goes with it, or what keeps it, one by one.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let action = FormAction::of::<PostDeleteOutside>();
    let tone = if blocked { Tone::Info } else { Tone::Warn };
    let back = target.list();
    let (back_to, hidden) = (back.clone(), fields(&target));
    let form = (!blocked).then(|| {
        view! {
            <PostForm action=action>
                {hidden} <div class="row">
                    <Button look=Look::DangerFill icon=Glyph::Trash submit=true busy=action.pending()>
                        {submit}
                    </Button>
                    <LinkButton href=back_to>{t!(keys::common::CANCEL)}</LinkButton>
                </div>
            </PostForm>
        }
    });
    let leave = blocked.then(|| view! { <LinkButton href=back>{t!(keys::common::BACK)}</LinkButton> });
    view! {
        <PageHead title=move || heading />
        <FormErrors answer=answer_of(action) />
        <Callout tone=tone title=effect />
        {children.map(|children| children())}
        {form}
        {leave}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_have_their_own_pages() {
        assert_eq!(Target::of(Thing::Registry, 5, "hub").edit(), "/admin/registries/5");
        assert_eq!(Target::of(Thing::Rule, 5, "dr").delete(), "/admin/replication/5/delete");
        // A network may be called like a page.
        assert_eq!(Target::of(Thing::Network, "new", "new").edit(), "/admin/preheat/networks/new");
        let policy = Target { project: "team".into(), ..Target::of(Thing::Preheat, "a.b", "a.b") };
        assert_eq!(policy.delete(), "/projects/team/-/preheat/policies/a.b/delete");
    }

    #[test]
    fn a_thing_is_posted_by_its_word() {
        for thing in [Thing::Registry, Thing::Rule, Thing::Group, Thing::Scanner, Thing::Network, Thing::Preheat] {
            assert_eq!(serde_json::to_value(thing).unwrap(), thing.word());
        }
    }

    #[test]
    fn an_address_chooses_a_view() {
        let views: &Views = &[("", keys::common::ALL), ("on", keys::common::ON)];
        assert_eq!((view_of(views, ""), view_of(views, "?show=on&q=x"), view_of(views, "show=x")), (0, 1, 0));
        assert_eq!(view_of(&[], "show=on"), 0);
        assert_eq!(filter("a,b", "enabled=true"), "name=~a b,enabled=true");
        assert_eq!((filter("", "x=1").as_str(), filter(" ", "").as_str()), ("x=1", ""));
    }
}
