//! Tells `rust-embed` which folder holds the built portal. Without one the server answers everything but its pages.

use std::{env, fs, path::PathBuf};

#[expect(clippy::disallowed_methods, reason = "a build script is configured by its environment alone")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-env-changed=BERTH_PORTAL_DIR");
    let folder = match env::var("BERTH_PORTAL_DIR") {
        Ok(folder) if !folder.is_empty() => fs::canonicalize(folder)?,
        _ => {
            let folder = PathBuf::from(env::var("OUT_DIR")?).join("no-portal");
            fs::create_dir_all(&folder)?;
            folder
        }
    };
    // The files have new names when their content changes, so the folder itself is watched.
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rustc-env=BERTH_PORTAL_FOLDER={}", folder.display());
    Ok(())
}
