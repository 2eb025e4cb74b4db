//! The question whether to remove a scanner.

use super::{crumbs, id_of_page};
use crate::client::use_client;
use crate::i18n::keys;
use crate::load::Resource;
use crate::pages::admin::AdminFrame;
use crate::pages::admin::outside::{DeleteQuestion, Target, Thing};
use crate::pages::loaded;
use crate::t;
use leptos::prelude::*;

/// The page with the question.
#[component]
pub fn DeleteScanner() -> impl IntoView {
    let title = t!(keys::scanners::DELETE_SUBMIT);
    let (client, id) = (use_client(), id_of_page());
    let scanner = Resource::new(
        move || id.clone(),
        move |id| {
            let client = client.clone();
            async move { client.scanner(&id).await }
        },
    );
    view! {
        <AdminFrame title=title.clone() crumbs=crumbs(&title)>
            {loaded(
                scanner,
                |scanner| {
                    let effect = if scanner.is_default {
                        t!(keys::scanners::DELETE_DEFAULT)
                    } else {
                        t!(keys::scanners::DELETE_TEXT)
                    };
                    view! {
                        <DeleteQuestion
                            target=Target::of(Thing::Scanner, &scanner.uuid, &scanner.name)
                            heading=t!(keys::scanners::DELETE_TITLE, name = scanner.name)
                            effect=effect
                            submit=t!(keys::scanners::DELETE_SUBMIT)
                        />
                    }
                },
            )}
        </AdminFrame>
    }
}
