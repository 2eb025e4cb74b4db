//! The parts that pages are built from. They know no data shapes and no client, render without script, and print the
//! markup that the style sheets expect.

mod avatar;
mod badge;
mod bulk;
mod button;
mod callout;
mod card;
mod chart;
mod chip;
mod choice;
mod code;
mod copy;
mod crumbs;
mod dialog;
mod empty;
mod error_page;
mod field;
mod filters;
mod form;
mod href;
mod icon;
mod label;
mod log;
mod menu;
mod meter;
mod name;
mod nav;
mod page_head;
mod pager;
mod palette;
mod qr;
mod root;
mod sentence;
mod severity;
mod shell;
mod skeleton;
mod spark;
mod star;
mod stats;
mod steps;
mod table;
mod tabs;
mod timeline;
mod toast;
mod tree;

pub use avatar::*;
pub use badge::*;
pub use bulk::*;
pub use button::*;
pub use callout::*;
pub use card::*;
pub use chart::*;
pub use chip::*;
pub use choice::*;
pub use code::*;
pub use copy::*;
pub use crumbs::*;
pub use dialog::*;
pub use empty::*;
pub use error_page::*;
pub use field::*;
pub use filters::*;
pub use form::*;
pub use href::*;
pub use icon::*;
pub use label::*;
pub use log::*;
pub use menu::*;
pub use meter::*;
pub use name::*;
pub use nav::*;
pub use page_head::*;
pub use pager::*;
pub use palette::*;
pub use qr::*;
pub use root::*;
pub use sentence::*;
pub use severity::*;
pub use shell::*;
pub use skeleton::*;
pub use spark::*;
pub use star::*;
pub use stats::*;
pub use steps::*;
pub use table::*;
pub use tabs::*;
pub use timeline::*;
pub use toast::*;
pub use tree::*;

#[cfg(test)]
mod tests;

/// A text that may be missing: a prop that takes `&str`, `String` and `Option<String>` alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MaybeText(pub Option<String>);

impl From<&str> for MaybeText {
    fn from(text: &str) -> Self {
        MaybeText(Some(text.to_owned()))
    }
}

impl From<String> for MaybeText {
    fn from(text: String) -> Self {
        MaybeText(Some(text))
    }
}

impl From<Option<String>> for MaybeText {
    fn from(text: Option<String>) -> Self {
        MaybeText(text)
    }
}

/// Class names joined by spaces, empty ones left out.
fn classes(names: &[&'static str]) -> String {
    names.iter().filter(|name| !name.is_empty()).copied().collect::<Vec<_>>().join(" ")
}
