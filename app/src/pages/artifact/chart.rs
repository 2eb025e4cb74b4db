//! What a Helm chart says about itself.

use super::facts::ChartFacts;
use crate::i18n::keys;
use crate::t;
use crate::ui::{
    Callout, Card, CardBody, Cell, Chip, Chips, Column, KeyValue, KeyValues, Row, RowHead, Table, TableBox, Tone,
    breakable,
};
use leptos::prelude::*;

/// The card with versions and people, and the one with what the chart needs.
#[component]
pub(super) fn Chart(facts: ChartFacts) -> impl IntoView {
    use keys::artifact::helm as k;
    let text =
        |label: String, value: String| (!value.is_empty()).then(|| view! { <KeyValue label=label>{value}</KeyValue> });
    let deprecated = facts.deprecated.then(|| view! { <Callout tone=Tone::Warn title=t!(k::DEPRECATED) /> });
    let links =
        facts.links.into_iter().map(|link| view! { <span class="block">{web(link)}</span> }).collect::<Vec<_>>();
    let links = (!links.is_empty()).then(|| view! { <KeyValue label=t!(k::LINKS)>{links}</KeyValue> });
    let keywords = facts.keywords.into_iter().map(|word| view! { <Chip text=word /> }).collect::<Vec<_>>();
    let keywords = (!keywords.is_empty()).then(|| {
        view! {
            <KeyValue label=t!(k::KEYWORDS)>
                <Chips>{keywords}</Chips>
            </KeyValue>
        }
    });
    let needs = (!facts.dependencies.is_empty()).then(|| view! { <Dependencies needs=facts.dependencies /> });
    view! {
        {deprecated}
        <Card title=t!(k::TITLE)>
            <CardBody>
                <KeyValues>
                    {text(t!(k::DESCRIPTION), facts.description)} {text(t!(k::VERSION), facts.version)}
                    {text(t!(k::APP_VERSION), facts.app_version)} {text(t!(k::KUBE_VERSION), facts.kube_version)}
                    {text(t!(keys::artifact::KIND), facts.kind)} {text(t!(k::MAINTAINERS), facts.maintainers.join(", "))}
                    {links} {keywords}
                </KeyValues>
            </CardBody>
        </Card>
        {needs}
    }
}

/// An address on the web as a link; everything else as it is.
pub(super) fn web(text: String) -> AnyView {
    if !super::facts::is_web(&text) {
        return text.into_any();
    }
    let shown = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest).to_owned();
    view! {
        <a href=text rel="noopener noreferrer nofollow external">
            {breakable(&shown)}
        </a>
    }
    .into_any()
}

#[component]
fn Dependencies(needs: Vec<[String; 3]>) -> impl IntoView {
    use keys::artifact::helm as k;
    let head = || {
        view! {
            <Column label=t!(k::NAME) />
            <Column label=t!(k::VERSION) />
            <Column label=t!(k::REPOSITORY) />
        }
    };
    let rows = needs.into_iter().map(|[name, version, repository]| {
        view! {
            <Row>
                <RowHead>{name}</RowHead>
                <Cell label=t!(k::VERSION)>
                    <span class="mono">{version}</span>
                </Cell>
                <Cell label=t!(k::REPOSITORY)>
                    <span class="name">{web(repository)}</span>
                </Cell>
            </Row>
        }
    });
    view! {
        <Card title=t!(k::DEPENDENCIES)>
            <TableBox flush=true>
                <Table caption=t!(k::DEPENDENCIES) head=head>
                    {rows.collect_view()}
                </Table>
            </TableBox>
        </Card>
    }
}
