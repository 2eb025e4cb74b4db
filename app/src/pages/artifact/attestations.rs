//! What is said about how an artifact was made: statements as facts. Nothing of it is verified, and the page says so.

use super::chart::web;
use super::files::file_name;
use super::lack::{Lack, nothing};
use super::subject::{Asked, Subject, shown_of};
use super::{Head, Part};
use crate::client::content::layer_of;
use crate::client::{ApiResult, Client};
use crate::format::{ByteSize, exact, natural};
use crate::i18n::keys;
use crate::pages::loaded;
use crate::pages::project::{ArtifactPart, InProject, artifact_href};
use crate::ui::{
    Badge, Callout, Card, CardBody, DigestChip, DownloadLink, Glyph, Icon, KeyValue, KeyValues, Tone, breakable,
};
use crate::{t, tn};
use berth_types::api::{Attestation, Material};
use berth_types::referral::sbom_format;
use berth_types::{Reference, RepoName, Timestamp};
use leptos::prelude::*;

async fn load(
    client: Client,
    repo: RepoName,
    reference: String,
    asked: Asked,
) -> ApiResult<(Subject, Vec<Attestation>)> {
    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
    let told = client.attestations(&repo, &reference).await?;
    Ok((subject, told))
}

/// The page of the statements.
#[component]
pub(super) fn Attestations(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    loaded(shown_of(&repo, &reference, load), move |(subject, told): (Subject, Vec<Attestation>)| {
        let content = if told.is_empty() {
            nothing(Lack::Attestations, &within, &repo, &reference, &subject.artifact)
        } else {
            let cards = told.into_iter().map(|fact| statement(&repo, fact)).collect_view();
            view! {
                <Callout
                    title=t!(keys::artifact::provenance::CLAIM)
                    text=t!(keys::artifact::provenance::CLAIM_TEXT)
                />
                {cards}
            }
            .into_any()
        };
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject
                part=Part::Inside(ArtifactPart::Attestations)
            />
            {content}
        }
    })
}

/// What a statement is about, in words.
fn title_of(predicate_type: &str) -> String {
    use keys::artifact::referrers as k;
    if !sbom_format(predicate_type).is_empty() {
        t!(k::SBOM)
    } else if predicate_type.starts_with("https://slsa.dev/provenance/") {
        t!(k::PROVENANCE)
    } else if predicate_type.contains("/attestation/vuln") {
        t!(k::REPORT)
    } else {
        t!(k::ATTESTATION)
    }
}

/// A moment as a statement writes it; as it is where it is no moment.
fn moment(text: String) -> String {
    Timestamp::parse_rfc3339(&text).map_or(text, exact)
}

/// `git+https://…` as a link to where it is.
fn source(text: String) -> AnyView {
    match text.strip_prefix("git+") {
        Some(rest) if super::facts::is_web(rest) => web(rest.to_owned()),
        Some(_) | None => web(text),
    }
}

fn problem_text(problem: &str) -> Option<String> {
    use keys::artifact::provenance::problem as k;
    Some(match problem {
        "" => return None,
        "absent" => t!(k::ABSENT),
        "too_large" => t!(k::TOO_LARGE),
        "too_many" => t!(k::TOO_MANY),
        _ => t!(k::UNREADABLE),
    })
}

fn statement(repo: &RepoName, fact: Attestation) -> AnyView {
    use keys::artifact::provenance as k;
    let title = title_of(&fact.predicate_type);
    let named = title.clone();
    let href = layer_of(repo, &fact.manifest, &fact.digest);
    let saved = file_name(&format!("{}.json", crate::format::digest_short(&fact.digest)), &fact.digest);
    let absent = fact.problem == "absent";
    let signed = fact.signed;
    let platform = (!fact.platform.is_empty()).then(|| fact.platform.clone());
    let actions = move || {
        view! {
            {platform.map(|platform| view! { <Badge icon=Glyph::Chip>{platform}</Badge> })}
            {if signed {
                view! { <Badge icon=Glyph::Sign>{t!(k::SIGNED)}</Badge> }
            } else {
                view! { <Badge>{t!(k::NOT_SIGNED)}</Badge> }
            }}
            {(!absent).then(|| view! { <DownloadLink href=href file=saved name=named /> })}
        }
    };
    let text = |label: String, value: String| {
        (!value.is_empty()).then(|| view! { <KeyValue label=label>{breakable(&value)}</KeyValue> })
    };
    let problem = problem_text(&fact.problem).map(|text| view! { <Callout tone=Tone::Warn title=text /> });
    let of_source = (!fact.source.is_empty()).then(|| {
        view! { <KeyValue label=t!(k::SOURCE)>{source(fact.source)}</KeyValue> }
    });
    let revision = (!fact.revision.is_empty()).then(|| {
        view! {
            <KeyValue label=t!(k::REVISION)>
                <code>{fact.revision}</code>
            </KeyValue>
        }
    });
    let builder =
        (!fact.builder.is_empty()).then(|| view! { <KeyValue label=t!(k::BUILDER)>{web(fact.builder)}</KeyValue> });
    let manifest = artifact_href(repo, &fact.manifest);
    view! {
        <Card title=title actions=actions>
            <CardBody stack=true>
                {problem}
                <KeyValues>
                    {text(t!(k::PREDICATE), fact.predicate_type)} {builder} {of_source} {revision}
                    {text(t!(k::ENTRY_POINT), fact.entry_point)} {text(t!(k::BUILD_TYPE), fact.build_type)}
                    {text(t!(k::STARTED), moment(fact.started))} {text(t!(k::FINISHED), moment(fact.finished))}
                    <KeyValue label=t!(k::STATEMENT)>
                        <span class="row g2">
                            <DigestChip digest=fact.digest />
                            <ByteSize bytes=natural(fact.size) />
                            <a href=manifest>{t!(k::HOLDER)}</a>
                        </span>
                    </KeyValue>
                </KeyValues>
                {materials(fact.materials, natural(fact.material_count))}
            </CardBody>
        </Card>
    }
    .into_any()
}

fn materials(shown: Vec<Material>, total: u64) -> Option<impl IntoView + use<>> {
    let cut = total.saturating_sub(shown.len() as u64);
    let line = |material: Material| {
        let digest = (!material.digest.is_empty()).then(|| view! { <DigestChip digest=material.digest /> });
        view! {
            <li>
                <span class="name small">{breakable(&material.uri)}</span>
                <span class="push">{digest}</span>
            </li>
        }
    };
    (!shown.is_empty()).then(|| {
        view! {
            <details>
                <summary class="row g1 small">
                    <Icon name=Glyph::Down />
                    {tn!(keys::artifact::provenance::MATERIALS, total)}
                </summary>
                <ul class="list list-tight">{shown.into_iter().map(line).collect_view()}</ul>
                {(cut > 0).then(|| view! { <p class="small muted">{tn!(keys::artifact::provenance::MORE, cut)}</p> })}
            </details>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_alike() {
        assert_eq!(moment("2026-03-14T09:20:00Z".to_owned()), "2026-03-14 09:20:00 UTC");
        assert_eq!(moment("yesterday".to_owned()), "yesterday");
        assert_eq!(moment(String::new()), "");
    }
}
