//! A secret as an app takes it: as a picture, as a key to be typed, as an address. The server draws the picture, so that no
//! browser loads what draws it.

use crate::preference::query;
use serde::{Deserialize, Serialize};

/// A secret that was just made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Begun {
    /// `otpauth://totp/…`; empty where another page shows it.
    pub uri: String,
    /// The same to be typed, in groups.
    pub key: String,
    /// Modules of a side of the QR code.
    pub size: i32,
    /// Its dark modules as a path.
    pub path: String,
}

impl Begun {
    /// All forms of an address.
    #[cfg(feature = "ssr")]
    pub(super) fn of(uri: String) -> Self {
        let (size, path) = draw(&uri).unwrap_or_default();
        Begun { key: grouped(secret_of(&uri)), uri, size, path }
    }

    /// The browser takes over what the server drew.
    #[cfg(not(feature = "ssr"))]
    pub(super) fn of(uri: String) -> Self {
        Begun { key: grouped(secret_of(&uri)), uri, size: 0, path: String::new() }
    }
}

fn secret_of(uri: &str) -> &str {
    uri.split_once('?').and_then(|(_, rest)| query(rest, "secret")).unwrap_or_default()
}

/// `ABCDEFGHIJ` → `ABCD EFGH IJ`
fn grouped(key: &str) -> String {
    let mut text = String::with_capacity(key.len() + key.len() / 4);
    for (index, char) in key.chars().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push(' ');
        }
        text.push(char);
    }
    text
}

/// Side and path of the QR code of a text; nothing where it is too long for one.
#[cfg(feature = "ssr")]
fn draw(text: &str) -> Option<(i32, String)> {
    use std::fmt::Write;
    let code = qrcodegen::QrCode::encode_text(text, qrcodegen::QrCodeEcc::Medium).ok()?;
    let (size, mut path) = (code.size(), String::new());
    for y in 0..size {
        let mut x = 0;
        while x < size {
            // One step of the path for all modules that lie side by side.
            let length = (x..size).take_while(|&x| code.get_module(x, y)).count();
            if length > 0 {
                write!(path, "M{x} {y}h{length}v1h-{length}z").ok()?;
            }
            x += i32::try_from(length).ok()?.max(1);
        }
    }
    Some((size, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "otpauth://totp/r.example:mei?secret=GEZDGNBVGY&issuer=r.example";

    #[test]
    fn the_key_is_the_one_of_the_address() {
        assert_eq!(Begun::of(URI.to_owned()).key, "GEZD GNBV GY");
        assert_eq!(Begun::of(String::new()).key, "");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn the_picture_has_every_dark_module_once() {
        let code = qrcodegen::QrCode::encode_text(URI, qrcodegen::QrCodeEcc::Medium).unwrap();
        let begun = Begun::of(URI.to_owned());
        assert_eq!(begun.size, code.size());
        let mut drawn = std::collections::BTreeSet::new();
        for step in begun.path.split('M').filter(|step| !step.is_empty()) {
            let (place, rest) = step.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let length: i32 = rest.split_once('v').unwrap().0.parse().unwrap();
            let x: i32 = x.parse().unwrap();
            for x in x..x + length {
                assert!(drawn.insert((x, y.parse::<i32>().unwrap())));
            }
        }
        let all = (0..code.size()).flat_map(|x| (0..code.size()).map(move |y| (x, y)));
        assert!(drawn == all.filter(|&(x, y)| code.get_module(x, y)).collect());
        assert!(draw(&"x".repeat(5000)).is_none());
    }
}
