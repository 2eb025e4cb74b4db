//! Language, theme and container engine: cookies of this browser, changed by a query.

use super::{AccountFrame, Part};
use crate::i18n::{self, Locale, keys, use_catalog};
use crate::notice::{Notice, PARAMETERS};
use crate::runtime::{self, Runtime, use_runtime};
use crate::t;
use crate::theme::{self, Theme, use_theme};
use crate::ui::{Button, Card, CardBody, Look, SelectField, SelectOption};
use leptos::prelude::*;

/// The page of the preferences.
#[component]
pub fn Preferences() -> impl IntoView {
    let languages = Locale::ALL.iter().map(|locale| SelectOption::new(locale.code(), locale.name())).collect();
    let themes = Theme::ALL.iter().map(|theme| SelectOption::new(theme.code(), theme.label())).collect();
    let language = use_catalog().locale().code();
    let theme = use_theme().get_untracked().code();
    let engines = Runtime::ALL.iter().map(|engine| SelectOption::new(engine.code(), engine.code())).collect();
    let engine = use_runtime().get_untracked().code();
    view! {
        <AccountFrame part=Part::Preferences>
            <Card title=t!(keys::account::preferences::TITLE)>
                <CardBody>
                    // A plain form: another language is another document.
                    <form class="form" method="get" action=Part::Preferences.href()>
                        <p class="muted">{t!(keys::account::preferences::TEXT)}</p>
                        <SelectField
                            label=t!(keys::account::preferences::LANGUAGE)
                            name=i18n::QUERY
                            options=languages
                            selected=language
                            hint=t!(keys::account::preferences::LANGUAGE_HINT)
                        />
                        <SelectField
                            label=t!(keys::account::preferences::THEME)
                            name=theme::QUERY
                            options=themes
                            selected=theme
                            hint=t!(keys::account::preferences::THEME_HINT)
                        />
                        <SelectField
                            label=t!(keys::newcomer::ENGINE)
                            name=runtime::QUERY
                            options=engines
                            selected=engine
                            hint=t!(keys::newcomer::ENGINE_HINT)
                        />
                        <input type="hidden" name=PARAMETERS[0] value=Notice::PreferencesSaved.code() />
                        <div class="row">
                            <Button look=Look::Primary submit=true>
                                {t!(keys::account::preferences::SAVE)}
                            </Button>
                        </div>
                    </form>
                </CardBody>
            </Card>
        </AccountFrame>
    }
}
