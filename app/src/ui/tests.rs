//! What the parts print, compared with the mock-ups they come from.

use super::*;
use crate::format::{TimeAgo, provide_now};
use crate::i18n::{Catalog, Locale, provide_catalog};
use berth_types::Timestamp;
use leptos::prelude::*;

const NOW: Timestamp = Timestamp::from_unix_seconds(1_773_480_960); // 2026-03-14 09:36:00

/// The HTML of a view in English, without the comments that mark text for hydration.
fn html<V: IntoView + 'static>(view: impl FnOnce() -> V) -> String {
    let owner = Owner::new();
    owner.with(|| {
        provide_catalog(Catalog::of(Locale::En));
        provide_now(|| NOW);
        let text = view().into_view().to_html();
        assert!(!text.contains(" style="), "the policy for content forbids style attributes: {text}");
        assert!(!text.contains(" on"), "handlers are not written into markup: {text}");
        class_first(&text.replace("<!>", "").replace("<!---->", "").replace(" class=\"\"", ""))
    })
}

/// The markup with each class before the other attributes, as the mock-ups have it; the framework prints it last.
fn class_first(text: &str) -> String {
    let tags = text.split('<').map(|tag| {
        let (inside, rest) = tag.split_once('>').map_or((tag, ""), |(inside, rest)| (inside, rest));
        let Some((before, after)) = inside.split_once(" class=\"") else { return tag.to_owned() };
        let (class, after) = after.split_once('"').unwrap_or((after, ""));
        let (name, attributes) = before.split_once(' ').unwrap_or((before, ""));
        let gap = if attributes.is_empty() { "" } else { " " };
        format!("{name} class=\"{class}\"{gap}{attributes}{after}>{rest}")
    });
    tags.collect::<Vec<_>>().join("<")
}

#[test]
fn a_button_with_an_icon() {
    let shown = html(|| view! { <Button look=Look::Primary icon=Glyph::Plus>"New project"</Button> });
    assert_eq!(
        shown,
        "<button class=\"btn btn-primary\" type=\"button\"><svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-plus\"></use></svg>\
         New project</button>"
    );
}

#[test]
fn states_of_trust_cannot_be_taken_for_each_other() {
    let all = [Trust::Unsigned, Trust::Signed, Trust::Verified("release-key".to_owned())];
    let shown = all.map(|trust| html(|| view! { <TrustChip trust=trust /> }));
    for (chip, text) in shown.iter().zip(["Unsigned", "Signed, not verified", "Verified by rule release-key"]) {
        assert!(chip.ends_with(&format!("{text}</span>")), "{chip}");
    }
    // Neither by their words, nor by colour alone: each has a colour and a picture of its own.
    let part = |chip: &str, start: &str| chip.split_once(start).unwrap().1.split('"').next().unwrap().to_owned();
    for start in ["<span class=\"", "<use href=\""] {
        let parts: std::collections::BTreeSet<String> = shown.iter().map(|chip| part(chip, start)).collect();
        assert_eq!(parts.len(), 3, "{shown:?}");
    }
}

#[test]
fn attributes_pass_through_to_a_button() {
    let shown = html(|| view! { <Button submit=true attr:name="step" attr:value="2">"Next"</Button> });
    assert!(
        shown.contains("type=\"submit\"") && shown.contains("name=\"step\"") && shown.contains("value=\"2\""),
        "{shown}"
    );
}

#[test]
fn a_field_names_its_hint_and_error() {
    let shown = html(|| {
        view! {
            <TextField
                label="Username"
                name="username"
                value="me\"i<"
                hint="At most 255 characters."
                error="“mei” is taken."
                raw=true
                required=true
            />
        }
    });
    for part in [
        "<div class=\"field\"><label for=\"f-username\">Username</label>",
        "id=\"f-username\"",
        "class=\"input\"",
        "value=\"me&quot;i&lt;\"",
        "aria-describedby=\"f-username-h f-username-e\"",
        "aria-invalid=\"true\"",
        "spellcheck=\"false\"",
        "<p class=\"hint\" id=\"f-username-h\">At most 255 characters.</p>",
        "<p class=\"error\" id=\"f-username-e\"><svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-error\"></use></svg><span>“mei” is taken.</span></p>",
        " required",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let valid = html(|| view! { <TextField label="Email" name="email" optional=true /> });
    assert!(!valid.contains("aria-invalid") && !valid.contains("aria-describedby"), "{valid}");
    assert!(valid.contains("<span class=\"opt\">optional</span>"), "{valid}");
}

#[test]
fn a_select_marks_the_choice() {
    let options = || vec![SelectOption::new("1", "Project admin"), SelectOption::new("2", "Developer")];
    let shown = html(move || view! { <SmallSelect label="Role of ada" name="role" options=options() selected="2" /> });
    assert!(
        shown.contains("<option value=\"1\">Project admin</option><option value=\"2\" selected>Developer</option>"),
        "{shown}"
    );
    assert!(shown.contains("class=\"select select-s\"") && shown.contains("aria-label=\"Role of ada\""), "{shown}");
}

#[test]
fn an_error_summary_links_to_the_fields() {
    let errors =
        vec![FieldError::of("username", "Username is taken"), FieldError::of("password", "Password is too short")];
    let shown = html(move || view! { <ErrorSummary errors=errors /> });
    assert!(
        shown
            .starts_with("<div class=\"error-summary\" role=\"alert\" tabindex=\"-1\"><h2>2 fields need a change</h2>"),
        "{shown}"
    );
    assert!(shown.contains("<li><a href=\"#f-username\" rel=\"external\">Username is taken</a></li>"), "{shown}");
    assert_eq!(html(|| view! { <ErrorSummary errors=Vec::new() /> }), "");
}

#[test]
fn a_table_has_roles_labels_and_a_sort_link() {
    let shown = html(|| {
        let sort = Sort::by("name", "-name", "?q=a&page=2&sort=-name", false);
        view! {
            <TableBox>
                <Table
                    caption="Projects"
                    head=move || {
                        view! {
                            <Column label="Name" sort=sort />
                            <Column label="Size" num=true priority=Priority::Third />
                            <ActionColumn />
                        }
                    }
                >
                    <Row>
                        <RowHead>
                            <NameLink text="payments/api" href="/projects/payments/api" />
                        </RowHead>
                        <Cell label="Size" num=true priority=Priority::Third>
                            "1"
                        </Cell>
                        <ActionCell />
                    </Row>
                </Table>
            </TableBox>
        }
    });
    assert_eq!(
        shown,
        "<div class=\"table-box\"><table class=\"table\" role=\"table\"><caption class=\"sr\">Projects</caption>\
         <thead role=\"rowgroup\"><tr role=\"row\">\
         <th role=\"columnheader\" scope=\"col\" aria-sort=\"descending\"><a href=\"?q=a&amp;sort=name\">Name\
         <svg class=\"i\" aria-hidden=\"true\"><use href=\"#i-down\"></use></svg></a></th>\
         <th class=\"num\" role=\"columnheader\" scope=\"col\" data-p=\"3\">Size</th>\
         <th class=\"act\" role=\"columnheader\" scope=\"col\"><span class=\"sr\">Actions</span></th></tr></thead>\
         <tbody role=\"rowgroup\"><tr role=\"row\"><th role=\"rowheader\" scope=\"row\">\
         <a class=\"name\" href=\"/projects/payments/api\">payments/<wbr>api</a></th>\
         <td class=\"num\" role=\"cell\" data-p=\"3\" data-label=\"Size\">1</td><td class=\"act\" role=\"cell\"></td></tr></tbody></table></div>"
    );
}

#[test]
fn a_pager_counts_and_links() {
    let shown = html(|| view! { <Pager page=2 page_size=50 total=1240 search="?q=a&page=2" /> });
    assert!(shown.contains("<span>51–100 of 1\u{202f}240</span>"), "{shown}");
    assert!(shown.contains("<a href=\"?q=a\">1</a>") && shown.contains("aria-current=\"page\""), "{shown}");
    assert!(shown.contains("<input type=\"hidden\" name=\"q\" value=\"a\">"), "{shown}");
    assert!(!shown.contains("name=\"page\""), "another page length begins at the first page: {shown}");
    assert!(shown.contains("<noscript><button class=\"btn btn-s\">Apply</button></noscript>"), "{shown}");
    let short = html(|| view! { <Pager page=1 page_size=25 total=0 /> });
    assert!(short.contains("0–0 of 0") && !short.contains("<ol"), "{short}");
}

#[test]
fn a_quota_warns_in_words_and_colour() {
    let shown = html(|| view! { <Quota used=182 << 30 limit=Some(200 << 30) /> });
    assert!(shown.contains("<div class=\"meter\" role=\"img\" aria-label=\"91% of quota used\"><span class=\"warn\" data-v=\"90\"></span></div>"), "{shown}");
    assert!(shown.contains("<span class=\"warn strong\">18.0\u{a0}GiB left</span>"), "{shown}");
    let free = html(|| view! { <Quota used=1 limit=None /> });
    assert!(free.contains("no limit") && free.contains("title=\"1 byte\""), "{free}");
}

#[test]
fn a_menu_opens_without_script() {
    let shown = html(|| {
        view! {
            <RowMenu label="Actions for payments">
                <MenuLink href="/projects/payments/-/members" icon=Glyph::Users text="Members" />
                <MenuSeparator />
                <MenuButton icon=Glyph::Trash danger=true text="Delete project…" />
            </RowMenu>
        }
    });
    for part in [
        "<details class=\"menu menu-end menu-sheet\"><summary class=\"btn btn-ghost btn-icon btn-s\" role=\"button\"",
        "aria-label=\"Actions for payments\" title=\"Actions for payments\"",
        "class=\"menu-item\"",
        "<div class=\"menu-sep\" role=\"presentation\"></div>",
        "class=\"menu-item danger\"",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn a_digest_is_short_and_copies_whole() {
    let digest = "sha256:9f1c2a7be04d510e6b1c88f2d3a97745c01e6ab2f49d83c5e7720a1bd4f6e938";
    let shown = html(move || view! { <DigestChip digest=digest /> });
    assert!(shown.contains(&format!("title=\"{digest}\"")) && shown.contains(">9f1c2a7be04d<"), "{shown}");
    assert!(
        shown.contains("class=\"icon-copy\" type=\"button\" aria-label=\"Copy digest 9f1c2a7be04d\" title=\"Copy\""),
        "{shown}"
    );
}

#[test]
fn a_dialog_is_named_by_its_title() {
    let shown = html(|| {
        view! {
            <Dialog id="delete" width=DialogWidth::Form>
                <form method="post">
                    <DialogHead id="delete" title="Delete 2 tags?" />
                    <DialogBody>"…"</DialogBody>
                    <DialogFoot id="delete" destructive=true>
                        <Button look=Look::DangerFill submit=true>
                            "Delete 2 tags"
                        </Button>
                    </DialogFoot>
                </form>
            </Dialog>
        }
    });
    for part in
        ["aria-labelledby=\"delete-t\"", "data-w=\"34\"", "<h2 id=\"delete-t\">Delete 2 tags?</h2>", " autofocus"]
    {
        assert!(shown.contains(part), "{part} in {shown}");
    }
}

#[test]
fn a_time_is_relative_with_the_exact_one_beside() {
    let shown = html(|| view! { <TimeAgo at=NOW.plus_seconds(-720) /> });
    assert_eq!(
        shown,
        "<time datetime=\"2026-03-14T09:24:00.000Z\" title=\"2026-03-14 09:24:00 UTC\">12 min ago</time>"
    );
}

#[test]
fn an_error_page_says_what_to_do() {
    let shown = html(
        || view! { <ErrorPage status=404 request_id="01J9"><LinkButton href="/">"All projects"</LinkButton></ErrorPage> },
    );
    for part in ["<h1>Nothing is berthed here</h1>", ">404<", "01J9", "Copy request id", "class=\"waves\""] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for status in [400, 401, 403, 404, 409, 412, 413, 422, 429, 500, 503] {
        let (title, text) = html_texts(status);
        assert!(!title.is_empty() && text.len() > title.len(), "{status}");
    }
}

fn html_texts(status: u16) -> (String, String) {
    let owner = Owner::new();
    owner.with(|| error_texts(status))
}

#[test]
fn the_sprite_is_hidden_and_inline() {
    let shown = html(|| view! { <Sprite /> });
    assert!(shown.starts_with("<svg hidden><") || shown.starts_with("<svg hidden>\n<symbol"), "{}", &shown[..60]);
}

#[test]
fn frames_have_their_landmarks() {
    let shown = html(|| {
        view! {
            <AppShell
                nav=|| view! { <NavGroup><NavLink href="/projects" icon=Glyph::Project text="Projects" current=true /></NavGroup> }
                foot=|| view! { <UserMenu name="Mei Lin"><MenuLink href="/account" text="Profile" /></UserMenu> }
                crumbs=vec![Crumb::link("Projects", "/projects"), Crumb::here("payments")]
            >
                <PageHead title=|| "payments" sub="A project." actions=|| view! { <LinkButton href="/x">"X"</LinkButton> } />
            </AppShell>
        }
    });
    for part in [
        "<a class=\"skip\" href=\"#main\" rel=\"external\">Skip to content</a>",
        "id=\"nav\"",
        "popover=\"auto\"",
        "popovertarget=\"nav\"",
        "<ul class=\"nav-group\"><li><a class=\"nav-link\" href=\"/projects\" aria-current=\"page\">",
        "<nav class=\"crumbs\" aria-label=\"Breadcrumb\">",
        "id=\"main\" tabindex=\"-1\"",
        "aria-label=\"Account menu, Mei Lin\"",
        "data-i=\"ML\"",
        "<div class=\"page-head\"><div><h1>payments</h1><p class=\"sub\">A project.</p></div><div class=\"actions keep\">",
        "name=\"theme\"",
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let auth = html(|| view! { <AuthShell width=AuthWidth::Wide search="?token=a"><h1>"Set up"</h1></AuthShell> });
    for part in ["data-w=\"40\"", "href=\"?token=a&amp;lang=zh-CN\"", "hreflang=\"zh-CN\"", ">简体中文</a>"] {
        assert!(auth.contains(part), "{part} in {auth}");
    }
}
