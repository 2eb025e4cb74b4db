//! What an artifact is made of, as the lists of packages say that are stored with it.

use super::files::file_name;
use super::lack::{Lack, nothing};
use super::subject::{Subject, use_asked};
use super::{Head, Part};
use crate::client::content::layer_of;
use crate::client::{ApiError, ListParams, use_client};
use crate::format::{ByteSize, natural};
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::loaded;
use crate::pages::project::{ArtifactPart, InProject, NoMatch, artifact_href};
use crate::query::{ListState, use_list_state};
use crate::ui::{
    Badge, Callout, Card, Cell, Column, DigestChip, DownloadLink, Empty, FilterCount, Filters, Glyph, Pager, Priority,
    Row, RowHead, SearchBox, Segment, Segmented, Table, TableBox, Tone, breakable, with_query,
};
use crate::{t, tn};
use berth_types::api::{SbomDocument, SbomPackage};
use berth_types::page::Paged;
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shown {
    subject: Subject,
    documents: Vec<SbomDocument>,
    /// The digest of the one that is shown.
    chosen: String,
    packages: Result<Paged<SbomPackage>, ApiError>,
    state: ListState,
}

/// The page of the packages.
#[component]
pub(super) fn Sbom(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    let (asked, state) = (use_asked(), use_list_state(""));
    let shown = {
        let (client, repo, reference) = (use_client(), repo.clone(), reference.to_string());
        Resource::new(
            move || (asked.get(), state.get()),
            move |(asked, state)| {
                let (client, repo, reference) = (client.clone(), repo.clone(), reference.clone());
                async move {
                    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
                    let documents = client.sboms(&repo, &reference).await?;
                    let wanted = asked.get("sbom");
                    let chosen = documents.iter().find(|document| document.digest == wanted);
                    let chosen = chosen.or_else(|| documents.iter().find(|document| document.present));
                    let chosen = chosen.map(|document| document.digest.clone()).unwrap_or_default();
                    let packages = if chosen.is_empty() {
                        Ok(Paged { items: Vec::new(), total: 0 })
                    } else {
                        let params = ListParams { sort: String::new(), ..state.params(state.fuzzy("name")) };
                        client.packages(&repo, &reference, &chosen, &params).await
                    };
                    Ok(Shown { subject, documents, chosen, packages, state })
                }
            },
        )
    };
    loaded(shown, move |shown: Shown| {
        let subject = shown.subject.clone();
        let content = if shown.documents.is_empty() {
            nothing(Lack::Sbom, &within, &repo, &reference, &subject.artifact)
        } else {
            view! { <Document repo=repo.clone() shown=shown /> }.into_any()
        };
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject
                part=Part::Inside(ArtifactPart::Sbom)
            />
            {content}
        }
    })
}

/// What tells each list from the others: its platform and format, and its digest where these do not suffice.
fn names_of(documents: &[SbomDocument]) -> Vec<String> {
    let name = |document: &SbomDocument| {
        let parts = [document.platform.as_str(), document.format.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
    };
    let plain: Vec<String> = documents.iter().map(name).collect();
    let whole = |(document, name): (&SbomDocument, &String)| {
        let short = crate::format::digest_short(&document.digest);
        match plain.iter().filter(|other| *other == name).count() {
            _ if name.is_empty() => short.to_owned(),
            1 => name.clone(),
            _ => format!("{name} · {short}"),
        }
    };
    documents.iter().zip(&plain).map(whole).collect()
}

#[component]
fn Document(repo: RepoName, shown: Shown) -> impl IntoView {
    let Shown { subject, documents, chosen, packages, state } = shown;
    let search = if subject.family.is_child { format!("of={}", subject.family.index) } else { String::new() };
    let segments: Vec<Segment> = documents
        .iter()
        .zip(names_of(&documents))
        .map(|(document, label)| Segment {
            label,
            href: with_query(&search, &[("sbom", Some(&document.digest))]),
            current: document.digest == chosen,
        })
        .collect();
    let choice = (segments.len() > 1).then(|| {
        view! {
            <div class="row between">
                <Segmented label=t!(keys::artifact::sbom::DOCUMENTS) segments=segments />
            </div>
        }
    });
    let document = documents.into_iter().find(|document| document.digest == chosen).unwrap_or_default();
    let saved = file_name(&format!("{}.json", crate::format::digest_short(&document.digest)), &document.digest);
    let format = if document.format.is_empty() { document.media_type.clone() } else { document.format.clone() };
    let about = view! {
        <p class="row g2 small">
            <Badge icon=Glyph::Sbom>{format}</Badge>
            <DigestChip digest=document.digest.clone() />
            <ByteSize bytes=natural(document.size) />
            <a href=artifact_href(&repo, &document.manifest)>{t!(keys::artifact::provenance::HOLDER)}</a>
            <DownloadLink
                href=layer_of(&repo, &document.manifest, &document.digest)
                file=saved
                name=t!(keys::artifact::TAB_SBOM)
            />
        </p>
    };
    let list = match packages {
        Ok(listed) => view! { <Packages listed=listed state=state /> }.into_any(),
        Err(error) => view! {
            <Callout
                tone=Tone::Bad
                title=t!(keys::artifact::sbom::UNREADABLE)
                text=error.message
                request_id=error.request_id
            />
        }
        .into_any(),
    };
    view! {
        {choice}
        {about}
        {list}
    }
}

#[component]
fn Packages(listed: Paged<SbomPackage>, state: ListState) -> impl IntoView {
    use keys::artifact::sbom as k;
    let total = natural(listed.total);
    let ListState { q, search, page, page_size, .. } = state;
    let (value, keep) = (q.clone(), search.clone());
    let filters = view! {
        <Filters>
            <SearchBox label=t!(k::FILTER) value=value keep=keep />
            <FilterCount text=tn!(k::PACKAGES, total) />
        </Filters>
    };
    if total == 0 {
        let none = if q.is_empty() {
            view! { <Empty icon=Glyph::Sbom title=t!(k::EMPTY) text=t!(k::EMPTY_TEXT) /> }.into_any()
        } else {
            view! { <NoMatch query=q /> }.into_any()
        };
        return view! {
            {filters}
            <Card label=t!(keys::artifact::TAB_SBOM)>{none}</Card>
        }
        .into_any();
    }
    let head = || {
        view! {
            <Column label=t!(k::PACKAGE) />
            <Column label=t!(k::VERSION) />
            <Column label=t!(k::KIND) priority=Priority::Second />
            <Column label=t!(k::LICENCE) />
        }
    };
    let rows = listed.items.into_iter().map(|package| {
        let title = (!package.purl.is_empty()).then_some(package.purl);
        view! {
            <Row>
                <RowHead>
                    <span class="name" title=title>
                        {breakable(&package.name)}
                    </span>
                </RowHead>
                <Cell label=t!(k::VERSION)>
                    <span class="mono name">{breakable(&package.version)}</span>
                </Cell>
                <Cell label=t!(k::KIND) priority=Priority::Second>
                    {package.kind}
                </Cell>
                <Cell label=t!(k::LICENCE)>
                    <span class="name">{breakable(&package.licence)}</span>
                </Cell>
            </Row>
        }
    });
    view! {
        {filters}
        <TableBox>
            <Table caption=t!(keys::artifact::TAB_SBOM) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
        <Pager page=page page_size=page_size total=total search=search />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_told_apart() {
        let document = |digest: &str, platform: &str, format: &str| SbomDocument {
            digest: digest.into(),
            platform: platform.into(),
            format: format.into(),
            ..SbomDocument::default()
        };
        let names = names_of(&[
            document("sha256:aa", "linux/amd64", "SPDX"),
            document("sha256:bb", "", "SPDX"),
            document("sha256:cc", "", "SPDX"),
            document("sha256:dd", "", ""),
        ]);
        assert_eq!(names, ["linux/amd64 · SPDX", "SPDX · bb", "SPDX · cc", "dd"]);
    }
}
