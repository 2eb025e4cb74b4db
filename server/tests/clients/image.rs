//! Images made without a network, a compiler or a base image.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::tar::Tar;

/// What the program of every image prints.
pub const GREETING: &str = "hello from a pushed image\n";

/// Media type of the configuration.
pub const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
/// Media type of a layer that is not compressed.
pub const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// An image as its layers, whose first one holds a program that says [`GREETING`].
pub struct Image {
    layers: Vec<Vec<u8>>,
}

impl Image {
    /// One layer. Different names give different digests.
    pub fn tiny(name: &str) -> Self {
        Image { layers: vec![greeter(name)] }
    }

    /// As many layers as `count`, each with one small file.
    pub fn of_layers(name: &str, count: usize) -> Self {
        let more = (1..count).map(|layer| {
            let path = format!("layers/{layer}");
            Tar::default().file(&path, 0o644, format!("{name} {layer}\n").as_bytes()).finish()
        });
        Image { layers: std::iter::once(greeter(name)).chain(more).collect() }
    }

    /// A second layer holds `bytes` that no client can compress.
    pub fn with_noise(name: &str, bytes: usize) -> Self {
        let noise = Tar::default().file("noise", 0o644, &noise(bytes)).finish();
        Image { layers: vec![greeter(name), noise] }
    }

    /// Writes what `docker save` writes: one tar, tagged `reference`.
    pub fn save(&self, path: &Path, reference: &str) {
        let config = self.config();
        let config_name = format!("{}.json", hex::encode(Sha256::digest(&config)));
        let mut archive = Tar::default().file(&config_name, 0o644, &config);
        let mut names = Vec::new();
        for layer in &self.layers {
            let name = format!("{}.tar", hex::encode(Sha256::digest(layer)));
            archive = archive.file(&name, 0o644, layer);
            names.push(name);
        }
        let manifest = json!([{ "Config": config_name, "RepoTags": [reference], "Layers": names }]);
        fs::write(path, archive.file("manifest.json", 0o644, manifest.to_string().as_bytes()).finish()).unwrap();
    }

    /// Writes an OCI layout with the one tag `tag`, and gives the manifest's digest.
    pub fn layout(&self, folder: &Path, tag: &str) -> String {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        let put = |media_type: &str, bytes: &[u8]| -> Value {
            let digest = hex::encode(Sha256::digest(bytes));
            fs::write(blobs.join(&digest), bytes).unwrap();
            json!({ "mediaType": media_type, "digest": format!("sha256:{digest}"), "size": bytes.len() })
        };
        let layers: Vec<Value> = self.layers.iter().map(|layer| put(LAYER_TYPE, layer)).collect();
        let config = put(CONFIG_TYPE, &self.config());
        let manifest =
            json!({ "schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": layers }).to_string();
        let mut descriptor = put(MANIFEST_TYPE, manifest.as_bytes());
        let digest = descriptor["digest"].as_str().unwrap().to_owned();
        descriptor["annotations"] = json!({ "org.opencontainers.image.ref.name": tag });
        let index = json!({ "schemaVersion": 2, "manifests": [descriptor] }).to_string();
        fs::write(folder.join("index.json"), index).unwrap();
        fs::write(folder.join("oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }).to_string()).unwrap();
        digest
    }

    /// The layers, each an archive that is not compressed.
    pub fn layers(&self) -> &[Vec<u8>] {
        &self.layers
    }

    /// The configuration.
    pub fn config(&self) -> Vec<u8> {
        let digests = self.layers.iter().map(|layer| format!("sha256:{}", hex::encode(Sha256::digest(layer))));
        let history = (0..self.layers.len()).map(|layer| json!({ "created_by": format!("layer {layer}") }));
        let config = json!({
            "architecture": architecture(),
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": { "Cmd": ["/hello"], "Env": ["PATH=/"] },
            "rootfs": { "type": "layers", "diff_ids": digests.collect::<Vec<_>>() },
            "history": history.collect::<Vec<_>>(),
        });
        config.to_string().into_bytes()
    }
}

/// The file system of the smallest image, for `docker import`.
pub fn greeter(name: &str) -> Vec<u8> {
    Tar::default().file("hello", 0o755, &program()).file("name", 0o644, name.as_bytes()).finish()
}

/// A whole static program for Linux: it writes [`GREETING`] and ends with 0.
fn program() -> Vec<u8> {
    const LOAD_ADDRESS: u64 = 0x40_0000;
    const HEADERS_BYTES: u64 = 64 + 56;
    let (machine, code) = machine_code();
    let size = HEADERS_BYTES + code.len() as u64 + GREETING.len() as u64;
    let mut elf = Vec::new();
    elf.extend_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    elf.extend(2u16.to_le_bytes());
    elf.extend(machine.to_le_bytes());
    elf.extend(1u32.to_le_bytes());
    elf.extend([LOAD_ADDRESS + HEADERS_BYTES, 64, 0].map(u64::to_le_bytes).concat());
    elf.extend(0u32.to_le_bytes());
    elf.extend([64u16, 56, 1, 0, 0, 0].map(u16::to_le_bytes).concat());
    // One segment, readable and executable, holds everything.
    elf.extend([1u32, 5].map(u32::to_le_bytes).concat());
    elf.extend([0, LOAD_ADDRESS, LOAD_ADDRESS, size, size, 0x1000].map(u64::to_le_bytes).concat());
    elf.extend_from_slice(&code);
    elf.extend_from_slice(GREETING.as_bytes());
    elf
}

/// `write(1, text, length)` and `exit(0)`; the text follows the code.
#[cfg(target_arch = "x86_64")]
fn machine_code() -> (u16, Vec<u8>) {
    const EM_X86_64: u16 = 62;
    let length = u8::try_from(GREETING.len()).unwrap();
    let code = [
        &[0xb8, 1, 0, 0, 0][..],          // mov eax, 1
        &[0xbf, 1, 0, 0, 0],              // mov edi, 1
        &[0x48, 0x8d, 0x35, 16, 0, 0, 0], // lea rsi, [rip + 16]
        &[0xba, length, 0, 0, 0],         // mov edx, length
        &[0x0f, 0x05],                    // syscall
        &[0xb8, 60, 0, 0, 0, 0x31, 0xff], // mov eax, 60; xor edi, edi
        &[0x0f, 0x05],                    // syscall
    ];
    (EM_X86_64, code.concat())
}

/// `write(1, text, length)` and `exit(0)`; the text follows the code.
#[cfg(target_arch = "aarch64")]
fn machine_code() -> (u16, Vec<u8>) {
    const EM_AARCH64: u16 = 183;
    let length = u32::try_from(GREETING.len()).unwrap();
    let code = [
        0xd280_0020,                 // mov x0, 1
        0x1000_00e1,                 // adr x1, . + 28
        0xd280_0002 | (length << 5), // mov x2, length
        0xd280_0808,                 // mov x8, 64
        0xd400_0001,                 // svc 0
        0xd280_0000,                 // mov x0, 0
        0xd280_0ba8,                 // mov x8, 93
        0xd400_0001u32,              // svc 0
    ];
    (EM_AARCH64, code.map(u32::to_le_bytes).concat())
}

fn architecture() -> &'static str {
    if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }
}

/// Bytes without a pattern, the same at every call (xorshift).
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = Vec::with_capacity(bytes + 8);
    while noise.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    noise.truncate(bytes);
    noise
}
