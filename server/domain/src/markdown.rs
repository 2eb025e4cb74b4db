//! Markdown of strangers as HTML that is safe to show beside the portal's own.
//!
//! What comes out has no script, no style, no form, no frame and no picture: a picture would tell its server who looks
//! at a repository, and the portal's policy for content loads none from elsewhere; it becomes a link to it. Links lead to
//! the web or to mail, and tell the other side nothing. Nothing has an id, a name or a class, so nothing can pose as a part
//! of the page.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html};

/// How deep lists, quotes and emphasis may lie in each other. What is deeper is shown at this depth: the time to read HTML
/// grows with its depth, and whoever writes a description chooses that.
const DEPTH_MAX: usize = 24;
/// How many tags of HTML are read. Beyond, all of them are shown as text.
const RAW_TAGS_MAX: usize = 1000;
/// The level of the first heading: a page has its title and that of the card above it.
const HEADING_TOP: usize = 3;
/// The longest summary, in characters.
const SUMMARY_CHARS_MAX: usize = 200;

/// What may be in a description.
const TAGS: [&str; 37] = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "em",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "ins",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
];
/// What is left out with everything in it.
const CONTENT: [&str; 9] = ["iframe", "math", "noscript", "object", "script", "style", "svg", "template", "textarea"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::new();
    builder
        .tags(HashSet::from(TAGS))
        .clean_content_tags(HashSet::from(CONTENT))
        .tag_attributes(HashMap::from([
            ("a", HashSet::from(["href"])),
            ("ol", HashSet::from(["start"])),
            ("details", HashSet::from(["open"])),
        ]))
        .generic_attributes(HashSet::from(["title"]))
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        // It would lead to a page of the portal, whatever its text says.
        .url_relative(UrlRelative::Deny)
        .attribute_filter(|element, attribute, value| {
            let is_fine = (element, attribute) != ("a", "href") || leads_elsewhere(value);
            is_fine.then(|| value.into())
        })
        .link_rel(Some("noopener noreferrer nofollow"))
        // Both scroll, so both have to be reached by keyboard.
        .set_tag_attribute_value("pre", "tabindex", "0")
        .set_tag_attribute_value("table", "tabindex", "0");
    builder
});

/// Whether an address names its host. To a browser `https:/path` is a path of the site that it is on.
fn leads_elsewhere(address: &str) -> bool {
    ["http://", "https://", "mailto:"]
        .iter()
        .any(|start| address.get(..start.len()).is_some_and(|given| given.eq_ignore_ascii_case(start)))
}

/// Markdown as HTML to be shown.
pub(crate) fn to_html(markdown: &str) -> String {
    // An address with an underscore comes in several texts.
    let events = shown(TextMergeStream::new(Parser::new_ext(markdown, options())));
    let mut unsafe_html = String::with_capacity(markdown.len() * 3 / 2);
    html::push_html(&mut unsafe_html, events.into_iter());
    CLEANER.clean(&unsafe_html).to_string()
}

fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS
}

/// The events of a document as a description shows them: headings below those of the page, pictures as links, depth and
/// raw HTML bounded.
fn shown<'a>(parser: impl Iterator<Item = Event<'a>>) -> Vec<Event<'a>> {
    let events: Vec<Event<'a>> = parser.collect();
    let levels = events.iter().filter_map(|event| match event {
        Event::Start(Tag::Heading { level, .. }) => Some(*level as usize),
        _ => None,
    });
    let top = levels.min().unwrap_or(1);
    let raw: usize = events.iter().map(|event| raw_tags(event)).sum();
    let mut made = Made { top, is_raw_fine: raw <= RAW_TAGS_MAX, ..Made::default() };
    for event in events {
        made.add(event);
    }
    made.events
}

fn raw_tags(event: &Event<'_>) -> usize {
    match event {
        Event::Html(text) | Event::InlineHtml(text) => text.bytes().filter(|byte| *byte == b'<').count(),
        _ => 0,
    }
}

#[derive(Default)]
struct Made<'a> {
    events: Vec<Event<'a>>,
    top: usize,
    is_raw_fine: bool,
    /// Whether each open element was let through.
    open: Vec<bool>,
    /// How many of them were.
    depth: usize,
    /// Links around what comes next.
    links: usize,
    /// Whether a link of HTML began in this block. One that is not ended ends with the block.
    in_raw_link: bool,
    /// Blocks of code around what comes next.
    code: usize,
    /// The pictures around what comes next.
    pictures: Vec<Picture<'a>>,
}

/// A picture that is shown as a link to it.
struct Picture<'a> {
    address: CowStr<'a>,
    /// Whether it is a link of its own: in a link it is the link's text.
    is_link: bool,
    has_text: bool,
}

impl<'a> Made<'a> {
    fn is_linked(&self) -> bool {
        self.links > 0 || self.in_raw_link
    }

    fn add(&mut self, event: Event<'a>) {
        match event {
            Event::Start(Tag::Image { dest_url, .. }) => {
                let is_link = !self.is_linked() && self.pictures.is_empty();
                if is_link {
                    self.events.push(Event::Start(link(dest_url.clone())));
                }
                self.pictures.push(Picture { address: dest_url, is_link, has_text: false });
            }
            Event::End(TagEnd::Image) => {
                let Some(picture) = self.pictures.pop() else { return };
                if !picture.has_text {
                    self.events.push(Event::Text(picture.address));
                }
                if picture.is_link {
                    self.events.push(Event::End(TagEnd::Link));
                }
            }
            Event::Start(tag) => {
                let passes = self.depth < DEPTH_MAX || is_needed(&tag);
                self.open.push(passes);
                self.depth += usize::from(passes);
                match &tag {
                    Tag::Link { .. } => self.links += 1,
                    Tag::CodeBlock(_) => self.code += 1,
                    _ => {}
                }
                if passes {
                    self.events.push(Event::Start(lowered(tag, self.top)));
                }
            }
            Event::End(tag) => {
                match tag {
                    TagEnd::Link => self.links = self.links.saturating_sub(1),
                    TagEnd::CodeBlock => self.code = self.code.saturating_sub(1),
                    _ => {}
                }
                let is_inline = matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link);
                self.in_raw_link &= is_inline;
                if self.open.pop().unwrap_or_default() {
                    self.depth = self.depth.saturating_sub(1);
                    self.events.push(Event::End(lowered_end(tag, self.top)));
                }
            }
            Event::Html(text) | Event::InlineHtml(text) if !self.is_raw_fine => self.events.push(Event::Text(text)),
            Event::InlineHtml(text) => {
                if let Some(begins) = link_tag(&text) {
                    self.in_raw_link = begins;
                }
                self.events.push(Event::InlineHtml(text));
            }
            Event::Text(text) if !self.is_linked() && self.code == 0 && self.pictures.is_empty() => {
                self.events.extend(linked(&text));
            }
            Event::TaskListMarker(done) => self.events.push(Event::Text(if done { "☑ " } else { "☐ " }.into())),
            other => {
                if matches!(other, Event::Text(_) | Event::Code(_))
                    && let Some(picture) = self.pictures.last_mut()
                {
                    picture.has_text = true;
                }
                self.events.push(other);
            }
        }
    }
}

/// Whether a tag of HTML begins or ends a link; nothing for another tag, and for an anchor that leads nowhere.
fn link_tag(tag: &str) -> Option<bool> {
    let name = tag.strip_prefix('<')?;
    let (name, begins) = name.strip_prefix('/').map_or((name, true), |name| (name, false));
    let rest = name.strip_prefix(['a', 'A'])?;
    let is_anchor = rest.starts_with(|c: char| c == '>' || c.is_ascii_whitespace());
    (is_anchor && (!begins || rest.to_ascii_lowercase().contains("href"))).then_some(begins)
}

/// A text with its bare addresses as links.
fn linked(text: &str) -> Vec<Event<'static>> {
    let (mut events, mut told, mut from) = (Vec::new(), 0, 0);
    while let Some(start) = text.get(from..).and_then(|rest| rest.find("http")).map(|at| from + at) {
        let is_inside =
            text.get(..start).and_then(|before| before.chars().next_back()).is_some_and(char::is_alphanumeric);
        let length = if is_inside { 0 } else { address_bytes(text.get(start..).unwrap_or_default()) };
        if length == 0 {
            from = start + "http".len();
            continue;
        }
        let (before, address) = (text.get(told..start), text.get(start..start + length).unwrap_or_default());
        if let Some(before) = before.filter(|before| !before.is_empty()) {
            events.push(Event::Text(before.to_owned().into()));
        }
        events.push(Event::Start(link(address.to_owned().into())));
        events.push(Event::Text(address.to_owned().into()));
        events.push(Event::End(TagEnd::Link));
        from = start + length;
        told = from;
    }
    let rest = text.get(told..).unwrap_or_default();
    if !rest.is_empty() {
        events.push(Event::Text(rest.to_owned().into()));
    }
    events
}

/// How long the address is that a text begins with, in bytes; 0 where there is none. The punctuation of the sentence around
/// it is no part of it, nor is a bracket that was opened before it.
fn address_bytes(text: &str) -> usize {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else { return 0 };
    if !rest.starts_with(char::is_alphanumeric) {
        return 0;
    }
    let is_end = |c: char| c.is_whitespace() || c == '<' || (!c.is_ascii() && !c.is_alphanumeric());
    let address = text.split(is_end).next().unwrap_or_default();
    let many = |bracket: char| address.chars().filter(|c| *c == bracket).count();
    let mut closed_too_often = many(')').saturating_sub(many('('));
    let mut end = address.len();
    for c in address.chars().rev() {
        match c {
            ')' if closed_too_often > 0 => closed_too_often -= 1,
            '?' | '!' | '.' | ',' | ':' | ';' | '*' | '_' | '~' | '\'' | '"' | ']' => {}
            _ => break,
        }
        end -= c.len_utf8();
    }
    end
}

/// A table without its parts is none.
fn is_needed(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::TableHead | Tag::TableRow | Tag::TableCell)
}

fn link(address: CowStr<'_>) -> Tag<'_> {
    Tag::Link { link_type: LinkType::Inline, dest_url: address, title: "".into(), id: "".into() }
}

fn lowered(tag: Tag<'_>, top: usize) -> Tag<'_> {
    match tag {
        Tag::Heading { level, .. } => {
            Tag::Heading { level: below(level, top), id: None, classes: Vec::new(), attrs: Vec::new() }
        }
        tag => tag,
    }
}

fn lowered_end(tag: TagEnd, top: usize) -> TagEnd {
    match tag {
        TagEnd::Heading(level) => TagEnd::Heading(below(level, top)),
        tag => tag,
    }
}

fn below(level: HeadingLevel, top: usize) -> HeadingLevel {
    let wanted = (level as usize).saturating_sub(top) + HEADING_TOP;
    HeadingLevel::try_from(wanted.min(6)).unwrap_or(HeadingLevel::H6)
}

/// The first sentences as plain text: the first paragraph that says something, else the first heading.
pub(crate) fn summary(markdown: &str) -> String {
    let (mut heading, mut text) = (String::new(), String::new());
    let (mut in_heading, mut in_paragraph, mut in_picture) = (false, false, 0_usize);
    for event in Parser::new_ext(markdown, options()) {
        match event {
            Event::Start(Tag::Paragraph) => in_paragraph = true,
            Event::End(TagEnd::Paragraph) if !text.trim().is_empty() => break,
            Event::End(TagEnd::Paragraph) => in_paragraph = false,
            Event::Start(Tag::Heading { .. }) => in_heading = heading.is_empty(),
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::Image { .. }) => in_picture += 1,
            Event::End(TagEnd::Image) => in_picture = in_picture.saturating_sub(1),
            Event::Text(part) | Event::Code(part) if in_picture == 0 => {
                if in_paragraph {
                    text.push_str(&part);
                } else if in_heading {
                    heading.push_str(&part);
                }
            }
            Event::SoftBreak | Event::HardBreak if in_paragraph => text.push(' '),
            _ => {}
        }
    }
    let text = if text.trim().is_empty() { heading } else { text };
    shortened(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn shortened(text: &str) -> String {
    let Some((end, _)) = text.char_indices().nth(SUMMARY_CHARS_MAX) else { return text.to_owned() };
    let head = text.get(..end).unwrap_or_default();
    // Languages without spaces are cut where it is full.
    let head = head.rsplit_once(' ').map_or(head, |(head, _)| head);
    format!("{head}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ways into a page that readers of HTML and of Markdown have been tricked with.
    const ATTACKS: &[&str] = &[
        "<script>alert(1)</script>",
        "<SCRIPT SRC=https://evil.example/x.js></SCRIPT>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+\">",
        "![x](https://evil.example/pixel.png)",
        "![x](data:image/png;base64,AAAA)",
        "![x\" onerror=\"alert(1)](x)",
        "<svg onload=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<svg><style><img src=x onerror=alert(1)></style></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<math><mi//xlink:href=\"data:x,<script>alert(1)</script>\">",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "<template><script>alert(1)</script></template>",
        "<iframe src=javascript:alert(1)></iframe>",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "<object data=\"javascript:alert(1)\"></object>",
        "<embed src=\"javascript:alert(1)\">",
        "<form action=/c/log_out><button>Free</button><input name=x></form>",
        "<button formaction=javascript:alert(1)>x</button>",
        "<isindex type=image src=1 onerror=alert(1)>",
        "<body onload=alert(1)>",
        "<base href=https://evil.example/>",
        "<link rel=stylesheet href=https://evil.example/x.css>",
        "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
        "<style>body{display:none}</style>",
        "<p style=\"position:fixed;inset:0\">x</p>",
        "<p class=\"toast\" id=\"main\" name=\"x\" onclick=\"alert(1)\">x</p>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\"JaVaScRiPt:alert(1)\">x</a>",
        "<a href=\" &#14; javascript:alert(1)\">x</a>",
        "<a href=\"java&#10;script:alert(1)\">x</a>",
        "<a href=\"&#106;avascript:alert(1)\">x</a>",
        "<a href=\"vbscript:x\">x</a>",
        "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
        "<a href=\"/c/log_out\">x</a>",
        "<a href=\"//evil.example\">x</a>",
        "<a href=\"https://ok.example\" target=_blank ping=https://evil.example>x</a>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT&colon;alert(1))",
        "[x](javas\tcript:alert(1))",
        "[x](<javascript:alert(1)>)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](https://ok.example \"\\\" onmouseover=\\\"alert(1)\")",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "<https://ok.example/\"onmouseover=alert(1)>",
        "```\n</code></pre><script>alert(1)</script>\n```",
        "```js\" onclick=\"alert(1)\nx\n```",
        "`<script>alert(1)</script>`",
        "| a |\n|---|\n| <img src=x onerror=alert(1)> |",
        "- [x] <input type=checkbox onfocus=alert(1) autofocus>",
        "<details open ontoggle=alert(1)><summary>x</summary></details>",
        "<video><source onerror=alert(1)></video>",
        "<marquee onstart=alert(1)>x</marquee>",
        "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?xml-stylesheet href=\"javascript:alert(1)\"?>",
        "<p title=\"&lt;/p&gt;&lt;script&gt;alert(1)\">x</p>",
        "<textarea><img src=x onerror=alert(1)></textarea>",
        "<select><option><style></option></select><img src=x onerror=alert(1)></style>",
        "<xmp><p title=\"</xmp><script>alert(1)</script>\">",
        "<table background=javascript:alert(1)><tr><td>x</td></tr></table>",
        "<\u{0}script>alert(1)</script>",
        "# x {#main .toast onclick=alert(1)}",
    ];

    /// The tags of HTML as a reader of it finds them: names, and attributes with their values.
    fn elements(html: &str) -> Vec<(String, Vec<(String, String)>)> {
        let mut found = Vec::new();
        let mut rest = html;
        while let Some((_, after)) = rest.split_once('<') {
            // What was cleaned has `<` in front of tags only, and quotes around every value.
            let mut end = 0;
            let mut quoted = false;
            for (at, c) in after.char_indices() {
                match c {
                    '"' => quoted = !quoted,
                    '>' if !quoted => {
                        end = at;
                        break;
                    }
                    _ => {}
                }
            }
            let (tag, later) = after.split_at(end);
            rest = later;
            let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            let attributes = attributes.split("\" ").filter(|pair| !pair.is_empty()).map(|pair| {
                let (name, value) = pair.split_once("=\"").unwrap_or((pair, ""));
                (name.to_owned(), value.trim_end_matches('"').to_owned())
            });
            found.push((name.trim_start_matches('/').to_owned(), attributes.collect()));
        }
        found
    }

    #[test]
    fn nothing_runs_loads_or_poses_as_the_page() {
        for attack in ATTACKS {
            let html = to_html(attack);
            for (name, attributes) in elements(&html) {
                assert!(TAGS.contains(&name.as_str()), "<{name}> of {attack:?} in {html}");
                for (attribute, value) in attributes {
                    let fine = match (name.as_str(), attribute.as_str()) {
                        ("a", "href") => {
                            ["http://", "https://", "mailto:"].iter().any(|start| value.starts_with(start))
                        }
                        ("a", "rel") => value == "noopener noreferrer nofollow",
                        ("pre" | "table", "tabindex") => value == "0",
                        ("ol", "start") | ("details", "open") | (_, "title") => true,
                        _ => false,
                    };
                    assert!(fine, "{attribute}={value:?} of {attack:?} in {html}");
                }
            }
        }
        // The test above sees what it is there to see.
        let seen = elements("<p onclick=\"a\"><img src=\"x>y\" alt=\"\">");
        assert_eq!(seen[0], ("p".to_owned(), vec![("onclick".to_owned(), "a".to_owned())]));
        assert_eq!(seen[1].1[0], ("src".to_owned(), "x>y".to_owned()));
    }

    #[test]
    fn attacks_behind_each_other_do_no_more() {
        let html = to_html(&ATTACKS.join("\n\n"));
        assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<svg"), "{html}");
        assert!(elements(&html).iter().all(|(name, _)| TAGS.contains(&name.as_str())), "{html}");
    }

    #[test]
    fn what_people_write_is_shown() {
        assert_eq!(
            to_html("*a* **b** `c` ~~d~~"),
            "<p><em>a</em> <strong>b</strong> <code>c</code> <del>d</del></p>\n"
        );
        let link = to_html("[docs](https://docs.example/a?b=1&c)");
        assert!(
            link.contains("href=\"https://docs.example/a?b=1&amp;c\" rel=\"noopener noreferrer nofollow\""),
            "{link}"
        );
        let table = to_html("| a | b |\n|---|--:|\n| 1 | 2 |");
        assert!(table.contains("<table tabindex=\"0\">") && table.contains("<td>1</td>"), "{table}");
        assert!(to_html("```sh\nls <x>\n```").contains("<pre tabindex=\"0\"><code>ls &lt;x&gt;"));
        assert!(to_html("3. c\n4. d").contains("<ol start=\"3\">"));
        assert!(to_html("- [x] done\n- [ ] open").contains("☑ done"));
        assert!(to_html("a<br>b <kbd>Ctrl</kbd>").contains("<br>b <kbd>Ctrl</kbd>"));
    }

    #[test]
    fn headings_stand_below_those_of_the_page() {
        let html = to_html("# A\n## B\n###### C");
        assert_eq!(html, "<h3>A</h3>\n<h4>B</h4>\n<h6>C</h6>\n");
        assert_eq!(to_html("## A\n### B"), "<h3>A</h3>\n<h4>B</h4>\n");
        assert_eq!(to_html("<h1>A</h1>"), "A");
    }

    #[test]
    fn pictures_are_links_to_them() {
        let html = to_html("![Overview](https://x.example/a.png)");
        assert!(html.contains("<a href=\"https://x.example/a.png\"") && html.contains(">Overview</a>"), "{html}");
        assert!(to_html("![](https://x.example/a.png)").contains(">https://x.example/a.png</a>"));
        // A picture in a link is the link's text, and not a link in a link.
        let badge = to_html("[![Build](https://x.example/b.svg)](https://ci.example)");
        assert!(badge.contains("href=\"https://ci.example\"") && badge.contains(">Build</a>"), "{badge}");
        assert!(!badge.contains("b.svg"), "{badge}");
    }

    #[test]
    fn bare_addresses_are_links_like_others() {
        let html = to_html("See https://a.example/x_y?b=1&c, (https://b.example/w_(z)) and xhttps://no.example.");
        for address in ["https://a.example/x_y?b=1&amp;c", "https://b.example/w_(z)"] {
            let link = format!("<a href=\"{address}\" rel=\"noopener noreferrer nofollow\">{address}</a>");
            assert!(html.contains(&link), "{html}");
        }
        assert_eq!(html.matches("<a ").count(), 2, "{html}");
        assert!(html.contains("</a>, (") && html.contains("</a>) and xhttps"), "{html}");
        assert!(to_html("见 https://a.example/文档。").contains("href=\"https://a.example/%E6%96%87%E6%A1%A3\""));
        for text in
            ["`https://a.example`", "```\nhttps://a.example\n```", "    https://a.example", "https://", "http://<b>"]
        {
            assert!(!to_html(text).contains("<a "), "{text}");
        }
        // A link in a link is none.
        for text in [
            "[https://a.example](https://b.example)",
            "<https://a.example>",
            "<a href=\"https://b.example\">https://a.example</a>",
        ] {
            assert_eq!(to_html(text).matches("<a ").count(), 1, "{}", to_html(text));
        }
        assert!(to_html("<a href=\"https://b.example\">b</a> https://a.example").matches("<a ").count() == 2);
        assert!(to_html(&"https://a.example".repeat(5000)).len() < 400_000);
    }

    #[test]
    fn depth_is_bounded() {
        let html = to_html(&">".repeat(60_000));
        assert!(html.matches("<blockquote>").count() <= DEPTH_MAX, "{}", html.len());
        let list: String = (0..200).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
        assert!(to_html(&list).matches("<ul>").count() <= DEPTH_MAX);
        let divs = to_html(&"<div>".repeat(12_000));
        assert!(!divs.contains("<div>") && divs.contains("&lt;div&gt;"));
    }

    #[test]
    fn a_summary_is_the_first_thing_said() {
        let text =
            "[![Build](https://x/b.svg)](https://ci)\n\n# Ledger\n\nKeeps *every*\nmovement of `money`.\n\nMore.";
        assert_eq!(summary(text), "Keeps every movement of money.");
        assert_eq!(summary("# Ledger"), "Ledger");
        assert_eq!(summary(""), "");
        let long = summary(&"word ".repeat(100));
        assert!(long.ends_with("word…") && long.chars().count() <= SUMMARY_CHARS_MAX + 1, "{long}");
        assert_eq!(summary(&"字".repeat(300)).chars().count(), SUMMARY_CHARS_MAX + 1);
    }

    #[test]
    fn an_anchor_that_is_not_ended_takes_no_links_away() {
        let html = to_html("<a name=\"top\"> ![Logo](https://x.example/l.png) https://a.example\n\nhttps://b.example");
        assert_eq!(html.matches("href=").count(), 3, "{html}");
        let html = to_html("<a href=\"https://c.example\">open https://a.example\n\nhttps://b.example");
        assert!(!html.contains("href=\"https://a.example\"") && html.contains("href=\"https://b.example\""), "{html}");
        let html = to_html("![a <a href=\"https://c.example\"> b](https://x.example/l.png) then https://a.example");
        assert!(html.contains("l.png"), "{html}");
    }

    #[test]
    fn links_name_their_host() {
        for link in
            ["[x](https:/c/log_out)", "[x](https:c/log_out)", "[x](/c/log_out)", "<a href=\"http:/c/log_out\">x</a>"]
        {
            assert!(!to_html(link).contains("href"), "{link}");
        }
        for link in ["[x](https://a.example/b)", "[x](HTTPS://a.example/b)", "[x](mailto:a@b.example)"] {
            assert!(to_html(link).contains("href"), "{link}");
        }
    }
}
