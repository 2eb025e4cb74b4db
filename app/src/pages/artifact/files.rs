//! The files of what is no image: names, sizes, downloads.

use crate::client::content::layer_of;
use crate::format::{ByteSize, digest_short, natural};
use crate::i18n::keys;
use crate::ui::{
    ActionCell, ActionColumn, Cell, Column, DigestChip, DownloadLink, Glyph, Icon, Priority, Row, RowHead, Table,
    TableBox, breakable,
};
use crate::{t, tn};
use berth_types::RepoName;
use berth_types::api::LayerInfo;
use leptos::prelude::*;

/// A name that every system takes for a file: the last part of a path, without what could lead elsewhere.
pub(super) fn file_name(title: &str, digest: &str) -> String {
    let last = title.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.chars().filter(|c| !c.is_control() && !matches!(c, ':' | '"' | '<' | '>' | '|')).collect();
    let plain = plain.trim_matches(['.', ' ']).to_owned();
    if plain.is_empty() { digest_short(digest).to_owned() } else { plain }
}

/// The table of them.
#[component]
pub(super) fn Files(repo: RepoName, reference: String, files: Vec<LayerInfo>) -> impl IntoView {
    let total: u64 = files.iter().map(|file| natural(file.size)).sum();
    let n = files.len() as u64;
    let head = || {
        view! {
            <Column label=t!(keys::artifact::FILE) />
            <Column label=t!(keys::artifact::MEDIA_TYPE) priority=Priority::Second />
            <Column label=t!(keys::artifact::DIGEST) priority=Priority::Third />
            <Column label=t!(keys::artifact::SIZE) num=true />
            <ActionColumn />
        }
    };
    let rows = files.into_iter().map(move |file| {
        let digest = file.digest.clone().unwrap_or_default();
        let title = file.title.unwrap_or_default();
        let name = if title.is_empty() { digest_short(&digest).to_owned() } else { title.clone() };
        let saved = file_name(&title, &digest);
        let link = (!file.foreign).then(|| {
            view! { <DownloadLink href=layer_of(&repo, &reference, &digest) file=saved name=name.clone() /> }
        });
        let foreign = file.foreign.then(|| {
            view! { <span class="tiny muted block">{t!(keys::artifact::FOREIGN)}</span> }
        });
        view! {
            <Row>
                <RowHead>
                    <span class="row g2 nowrap-row">
                        <span class="dim">
                            <Icon name=Glyph::File />
                        </span>
                        <span class="name">{breakable(&name)}</span>
                    </span>
                    {foreign}
                </RowHead>
                <Cell label=t!(keys::artifact::MEDIA_TYPE) priority=Priority::Second>
                    <span class="mono name">{breakable(&file.media_type.unwrap_or_default())}</span>
                </Cell>
                <Cell label=t!(keys::artifact::DIGEST) priority=Priority::Third>
                    <DigestChip digest=digest />
                </Cell>
                <Cell label=t!(keys::artifact::SIZE) num=true>
                    <ByteSize bytes=natural(file.size) />
                </Cell>
                <ActionCell>{link}</ActionCell>
            </Row>
        }
    });
    view! {
        <p class="muted small">{tn!(keys::artifact::FILES_SUMMARY, n, size = crate::format::bytes(total))}</p>
        <TableBox>
            <Table caption=t!(keys::artifact::TAB_FILES) head=head>
                {rows.collect_view()}
            </Table>
        </TableBox>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_lead_nowhere() {
        assert_eq!(file_name("weights/model-1.bin", "sha256:ab"), "model-1.bin");
        assert_eq!(file_name("../../etc/passwd", "sha256:ab"), "passwd");
        assert_eq!(file_name("C:\\x\\a\u{0}b.txt", "sha256:ab"), "ab.txt");
        assert_eq!(file_name("..", "sha256:abcdef"), "abcdef");
        assert_eq!(file_name("", "sha256:abcdef"), "abcdef");
    }
}
