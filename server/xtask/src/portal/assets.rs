//! Names by content, compressed twins, and the manifest that tells the server what is called how.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Profile;

/// The file that maps logical names to files.
pub const MANIFEST: &str = "manifest.json";

/// Characters of the digest in a file's name: 48 bits, plenty for a few dozen files.
const NAME_DIGEST_HEX: usize = 12;

/// Hashed files of this size are embedded in their packed forms only; the server unpacks them for a client that takes neither.
const PACKED_ONLY_BYTES_MIN: usize = 1 << 20;

/// One file of the portal.
pub struct Asset {
    /// What the server asks for: `berth.js`.
    pub name: String,
    /// What the browser gets.
    pub bytes: Vec<u8>,
    /// How the file is called.
    pub naming: Naming,
}

/// How an asset's file is called.
#[derive(Clone, PartialEq, Eq)]
pub enum Naming {
    /// `berth.0123456789ab.js`: may be cached for ever.
    Hashed,
    /// `0123456789ab/berth.js`, below the digest of all files that name each other: may be cached for ever.
    Below(String),
    /// As its logical name.
    Plain,
}

#[derive(Serialize)]
struct Entry {
    file: String,
}

/// Makes the folder hold exactly these assets, their compressed twins and the manifest.
pub fn publish(folder: &Path, assets: &[Asset], profile: Profile) -> anyhow::Result<()> {
    let mut manifest = BTreeMap::new();
    let mut kept = BTreeSet::from([MANIFEST.to_owned()]);
    for asset in assets {
        let file = asset.file_name();
        let packed_only = asset.naming != Naming::Plain && asset.bytes.len() >= PACKED_ONLY_BYTES_MIN;
        // A hashed name never means another content.
        let changed = !packed_only && write_if_changed(&folder.join(&file), &asset.bytes)?;
        for twin in [Twin::Brotli, Twin::Gzip] {
            let name = format!("{file}.{}", twin.extension());
            let path = folder.join(&name);
            let is_current = !changed && path.is_file();
            if !is_compressible(&file) {
                continue;
            }
            if !is_current {
                let packed = twin.pack(&asset.bytes, profile)?;
                if packed.len() >= asset.bytes.len() {
                    continue;
                }
                write_if_changed(&path, &packed)?;
            }
            kept.insert(name);
        }
        if !packed_only {
            kept.insert(file.clone());
        }
        let former = manifest.insert(asset.name.clone(), Entry { file });
        anyhow::ensure!(former.is_none(), "two assets are called {}", asset.name);
    }
    for file in super::files_below(folder)? {
        if !kept.contains(&file) {
            fs::remove_file(folder.join(&file)).with_context(|| format!("could not remove {file}"))?;
        }
    }
    // Last, so that an interrupted build never names a file that is not there.
    write_if_changed(&folder.join(MANIFEST), &serde_json::to_vec_pretty(&manifest)?)?;
    Ok(())
}

/// Writes by renaming, and only when the content differs: cargo looks at modification times.
pub fn write_if_changed(path: &Path, bytes: &[u8]) -> anyhow::Result<bool> {
    if fs::read(path).is_ok_and(|present| present == bytes) {
        return Ok(false);
    }
    let folder = path.parent().context("a file has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("could not create {}", folder.display()))?;
    let mut name = path.file_name().context("a file has a name")?.to_owned();
    name.push(".new");
    let unfinished = folder.join(name);
    fs::write(&unfinished, bytes).with_context(|| format!("could not write {}", unfinished.display()))?;
    fs::rename(&unfinished, path).with_context(|| format!("could not rename to {}", path.display()))?;
    Ok(true)
}

impl Asset {
    fn file_name(&self) -> String {
        match (&self.naming, self.name.rsplit_once('.')) {
            (Naming::Plain, _) => self.name.clone(),
            (Naming::Below(digest), _) => format!("{digest}/{}", self.name),
            (Naming::Hashed, Some((stem, extension))) => format!("{stem}.{}.{extension}", digest([&*self.bytes])),
            (Naming::Hashed, None) => format!("{}.{}", self.name, digest([&*self.bytes])),
        }
    }
}

/// What stands in names for some content.
pub fn digest<'c>(content: impl IntoIterator<Item = &'c [u8]>) -> String {
    let mut hash = Sha256::new();
    for piece in content {
        hash.update(piece);
    }
    let mut digest = hex::encode(hash.finalize());
    digest.truncate(NAME_DIGEST_HEX);
    digest
}

#[derive(Clone, Copy)]
enum Twin {
    Brotli,
    Gzip,
}

impl Twin {
    fn extension(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gz",
        }
    }

    fn pack(self, bytes: &[u8], profile: Profile) -> anyhow::Result<Vec<u8>> {
        let mut packed = Vec::new();
        match (self, profile) {
            (Self::Brotli, _) => {
                let quality = if profile == Profile::Release { 11 } else { 5 };
                let params = brotli::enc::BrotliEncoderParams { quality, lgwin: 22, ..Default::default() };
                brotli::BrotliCompress(&mut &bytes[..], &mut packed, &params)?;
            }
            (Self::Gzip, Profile::Ci) => {
                let mut encoder = GzEncoder::new(packed, Compression::best());
                encoder.write_all(bytes)?;
                packed = encoder.finish()?;
            }
            (Self::Gzip, Profile::Release) => {
                zopfli::compress(zopfli::Options::default(), zopfli::Format::Gzip, bytes, &mut packed)?;
            }
        }
        Ok(packed)
    }
}

fn is_compressible(file: &str) -> bool {
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "css" | "js" | "json" | "svg" | "txt" | "wasm" | "webmanifest")
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::{Asset, MANIFEST, Naming, Profile, publish};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("berth-xtask-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn script(text: &str) -> Asset {
        Asset { name: "berth.js".to_owned(), bytes: text.as_bytes().to_vec(), naming: Naming::Hashed }
    }

    #[test]
    fn a_hashed_name_carries_the_start_of_the_digest() {
        assert_eq!(script("abc").file_name(), "berth.ba7816bf8f01.js");
        let icon = Asset { name: "favicon.svg".to_owned(), bytes: b"abc".to_vec(), naming: Naming::Plain };
        assert_eq!(icon.file_name(), "favicon.svg");
    }

    #[test]
    fn the_folder_holds_the_last_build_and_nothing_else() {
        let folder = folder("publish");
        publish(&folder, &[script(&"a".repeat(500))], Profile::Ci).unwrap();
        publish(&folder, &[script(&"b".repeat(500))], Profile::Ci).unwrap();
        let name = script(&"b".repeat(500)).file_name();
        let files = super::super::files_below(&folder).unwrap();
        assert_eq!(files, [name.clone(), format!("{name}.br"), format!("{name}.gz"), MANIFEST.to_owned()]);
        let manifest: serde_json::Value = serde_json::from_slice(&fs::read(folder.join(MANIFEST)).unwrap()).unwrap();
        assert_eq!(manifest["berth.js"]["file"], name.as_str());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn an_equal_build_touches_no_file() {
        let folder = folder("untouched");
        let times = || -> Vec<_> {
            let files = super::super::files_below(&folder).unwrap();
            files.iter().map(|file| fs::metadata(folder.join(file)).unwrap().modified().unwrap()).collect()
        };
        publish(&folder, &[script(&"a".repeat(500))], Profile::Ci).unwrap();
        let before = times();
        std::thread::sleep(std::time::Duration::from_millis(20));
        publish(&folder, &[script(&"a".repeat(500))], Profile::Ci).unwrap();
        assert_eq!(times(), before);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_does_not_shrink_has_no_twin() {
        let folder = folder("small");
        publish(&folder, &[script("x")], Profile::Ci).unwrap();
        assert_eq!(super::super::files_below(&folder).unwrap().len(), 2);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_large_hashed_file_is_kept_in_its_packed_forms() {
        let folder = folder("packed");
        let asset =
            |naming| Asset { name: "berth_bg.wasm".to_owned(), bytes: vec![7; super::PACKED_ONLY_BYTES_MIN], naming };
        for naming in [Naming::Hashed, Naming::Hashed, Naming::Plain] {
            let asset = asset(naming.clone());
            publish(&folder, std::slice::from_ref(&asset), Profile::Ci).unwrap();
            let file = asset.file_name();
            assert_eq!(folder.join(&file).is_file(), naming == Naming::Plain);
            assert!(folder.join(format!("{file}.br")).is_file() && folder.join(format!("{file}.gz")).is_file());
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
