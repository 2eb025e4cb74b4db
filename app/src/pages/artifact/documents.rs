//! What a chart or a model says about itself: README, values, licence.

use super::subject::{Asked, Subject, shown_of};
use super::{Head, Part};
use crate::client::{ApiError, ApiResult, Client};
use crate::i18n::{Key, keys, use_catalog};
use crate::pages::loaded;
use crate::pages::project::{ArtifactPart, InProject, RepositoryPart};
use crate::t;
use crate::ui::{Callout, Card, CardBody, CodeBlock, Empty, Glyph, LinkButton, Segment, Segmented, Tone, with_query};
use berth_types::api::{Artifact, Readme};
use berth_types::{Reference, RepoName};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// The longest text that is shown, in bytes.
const SHOWN_BYTES_MAX: usize = 256 << 10;

/// A document: the word in the address, the addition that has it, and what it is called.
struct Document {
    word: &'static str,
    addition: &'static str,
    key: Key,
}

const DOCUMENTS: [Document; 3] = [
    Document { word: "", addition: "readme.md", key: keys::artifact::documents::README },
    Document { word: "values", addition: "values.yaml", key: keys::artifact::documents::VALUES },
    Document { word: "license", addition: "license", key: keys::artifact::documents::LICENCE },
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Text {
    /// HTML that the server made safe.
    Html(String),
    /// Text as it is.
    Plain(String),
    /// There is none.
    None,
    /// It cannot be read, and why.
    Refused(ApiError),
}

/// The documents that an artifact has.
fn documents_of(artifact: &Artifact) -> impl Iterator<Item = &'static Document> {
    let names: Vec<String> = artifact.addition_links.keys().cloned().collect();
    DOCUMENTS.iter().filter(move |document| names.iter().any(|name| name == document.addition))
}

async fn text_of(client: &Client, repo: &RepoName, reference: &str, addition: &str) -> ApiResult<Text> {
    if addition == "readme.md" {
        match client.artifact_readme(repo, reference).await {
            Ok(Readme { html, .. }) if html.trim().is_empty() => return Ok(Text::None),
            Ok(Readme { html, .. }) => return Ok(Text::Html(html)),
            Err(error) if error.status == 404 => return Ok(Text::None),
            Err(error) if error.status == 422 => {}
            Err(error) => return Err(error),
        }
    }
    match client.document(repo, reference, addition).await {
        Ok(Some(mut text)) => {
            if text.len() > SHOWN_BYTES_MAX {
                let end = (0..=SHOWN_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
                text.truncate(end);
                text.push_str("\n…");
            }
            Ok(Text::Plain(text))
        }
        Ok(None) => Ok(Text::None),
        Err(error) if error.status == 422 => Ok(Text::Refused(error)),
        Err(error) => Err(error),
    }
}

async fn load(client: Client, repo: RepoName, reference: String, asked: Asked) -> ApiResult<(Subject, String, Text)> {
    let subject = Subject::load(&client, &repo, &reference, &asked).await?;
    let word = asked.get("file");
    let found = documents_of(&subject.artifact).find(|document| document.word == word);
    let found = found.or_else(|| documents_of(&subject.artifact).next());
    let (word, text) = match found {
        Some(found) => (found.word, text_of(&client, &repo, &reference, found.addition).await?),
        None => ("", Text::None),
    };
    Ok((subject, word.to_owned(), text))
}

/// The page of the documents.
#[component]
pub(super) fn Documents(within: InProject, repo: RepoName, reference: Reference) -> impl IntoView {
    loaded(shown_of(&repo, &reference, load), move |(subject, word, text): (Subject, String, Text)| {
        let catalog = use_catalog();
        let segments: Vec<Segment> = documents_of(&subject.artifact)
            .map(|document| Segment {
                label: catalog.get(document.key).to_owned(),
                href: with_query("", &[("file", Some(document.word).filter(|word| !word.is_empty()))]),
                current: document.word == word,
            })
            .collect();
        let name = segments.iter().find(|segment| segment.current).map(|segment| segment.label.clone());
        let name = name.unwrap_or_default();
        let files = RepositoryPart::Layers(reference.clone()).of(&repo);
        let content = match text {
            Text::Html(html) => view! {
                <Card label=name>
                    <CardBody>
                        <div class="prose" inner_html=html></div>
                    </CardBody>
                </Card>
            }
            .into_any(),
            Text::Plain(text) => view! { <CodeBlock text=text label=name /> }.into_any(),
            Text::None => view! {
                <Card label=name>
                    <Empty
                        icon=Glyph::File
                        title=t!(keys::artifact::documents::NONE)
                        text=t!(keys::artifact::documents::NONE_TEXT)
                    >
                        <LinkButton href=files icon=Glyph::Layers>
                            {t!(keys::artifact::TAB_LAYERS)}
                        </LinkButton>
                    </Empty>
                </Card>
            }
            .into_any(),
            Text::Refused(error) => view! {
                <Callout
                    tone=Tone::Bad
                    title=t!(keys::artifact::documents::REFUSED)
                    text=error.message
                    request_id=error.request_id
                />
            }
            .into_any(),
        };
        view! {
            <Head
                within=within.clone()
                repo=repo.clone()
                reference=reference.clone()
                subject=subject
                part=Part::Inside(ArtifactPart::Documents)
            />
            <div class="row between">
                <Segmented label=t!(keys::artifact::TAB_DOCUMENTS) segments=segments />
            </div>
            {content}
        }
    })
}
