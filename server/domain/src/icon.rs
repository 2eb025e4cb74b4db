//! Small pictures that tell kinds of artifacts apart.
//!
//! Clients know Harbor's pictures by their digests, so ours go by the same names. An artifact of a kind of its own may
//! bring its picture in a layer, whose digest is then its name.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use berth_db::query;
use berth_types::{Digest, api::Icon};

use crate::{Domain, Error, Result, accessory, storage};

/// The largest picture that an artifact may bring, in bytes.
pub(crate) const SIZE_BYTES_MAX: usize = 1 << 20;

const IMAGE: &str = "sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06";
const CHART: &str = "sha256:61cf3a178ff0f75bf08a25d96b75cf7355dc197749a9f128ed3ef34b0df05518";
const CNAB: &str = "sha256:089bdda265c14d8686111402c8ad629e8177a1ceb7dcd0f7f39b6480f623b3bd";
const WASM: &str = "sha256:badd7693bcaf115be202748241dd0ea6ee3b0524bfab9ac22d1e1c43721afec6";
const OTHER: &str = "sha256:da834479c923584f4cbcdecc0dac61f32bef1d51e8aae598cf16bd154efab49f";
const COSIGN: &str = "sha256:20401d5b3a0f6dbc607c8d732eb08471af4ae6b19811a4efce8c6a724aed2882";
const NOTATION: &str = "sha256:3ac706e102bbe9362b400aa162df58135d35e66b9c3bee2165de92022d25fe34";
const NYDUS: &str = "sha256:dfcb6617cd9c144358dc1b305b87bbe34f0b619f1e329116e6aee2e41f2e34cf";

const PICTURES: [(&str, &[u8]); 8] = [
    (IMAGE, include_bytes!("icon/image.png")),
    (CHART, include_bytes!("icon/chart.png")),
    (CNAB, include_bytes!("icon/bundle.png")),
    (WASM, include_bytes!("icon/wasm.png")),
    (OTHER, include_bytes!("icon/other.png")),
    (COSIGN, include_bytes!("icon/cosign.png")),
    (NOTATION, include_bytes!("icon/notation.png")),
    (NYDUS, include_bytes!("icon/nydus.png")),
];

/// The name of the picture of a kind of artifact.
pub(crate) fn of_kind(kind: &str) -> &'static str {
    match kind {
        "IMAGE" => IMAGE,
        "CHART" => CHART,
        "CNAB" => CNAB,
        "WASM" => WASM,
        _ => OTHER,
    }
}

/// The name of the picture of a kind of accessory; empty where it has none.
pub(crate) fn of_accessory(kind: &str) -> &'static str {
    match kind {
        accessory::COSIGN => COSIGN,
        accessory::NOTATION => NOTATION,
        accessory::SBOM => OTHER,
        "accelerator.nydus" => NYDUS,
        _ => "",
    }
}

/// A picture. Anybody may look at those that come with Berth, and at others who knows their digest.
///
/// # Errors
/// [`Error::NotFound`] where no artifact has such a picture, or the layer is none.
pub async fn get(domain: &Domain, digest: &str) -> Result<Icon> {
    if let Some((_, bytes)) = PICTURES.iter().find(|(name, _)| *name == digest) {
        return Ok(Icon { content_type: "image/png".to_owned(), content: STANDARD.encode(bytes) });
    }
    let absent = || Error::NotFound(format!("the icon {digest} not found"));
    let layer: Digest = digest.parse().map_err(|_| absent())?;
    let mut reader = domain.db.reader().await?;
    let found = query::artifact::has_icon(&mut reader.conn(), &layer).await?;
    drop(reader);
    if !found {
        return Err(absent());
    }
    let blob = domain.blobs.open(&layer).await.map_err(storage::error)?.ok_or_else(absent)?;
    let bytes = match berth_storage::read_all(&*blob, SIZE_BYTES_MAX).await.map_err(storage::error) {
        Err(Error::TooLarge { .. }) => return Err(absent()),
        bytes => bytes?,
    };
    let content_type = picture_type(&bytes).ok_or_else(absent)?;
    Ok(Icon { content_type: content_type.to_owned(), content: STANDARD.encode(&bytes) })
}

/// The media type that the first bytes show. Pictures that can hold scripts are none.
fn picture_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lists_name_is_there_and_a_picture() {
        for kind in ["IMAGE", "CHART", "CNAB", "WASM", "UNKNOWN", "MODEL"] {
            let picture = PICTURES.iter().find(|(name, _)| *name == of_kind(kind)).unwrap();
            assert_eq!(picture_type(picture.1), Some("image/png"), "{kind}");
        }
        for kind in ["signature.cosign", "signature.notation", "accelerator.nydus", "sbom.harbor"] {
            assert!(PICTURES.iter().any(|(name, _)| *name == of_accessory(kind)), "{kind}");
        }
    }

    #[test]
    fn a_text_is_no_picture() {
        for bytes in [&b"<svg onload=alert(1)>"[..], b"", b"\x89PNG", b"GIF88a"] {
            assert_eq!(picture_type(bytes), None);
        }
    }
}
