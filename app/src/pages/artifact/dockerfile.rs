//! A Dockerfile as the history of an image lets one guess it.

use super::step::step;
use berth_types::api::LayerInfo;

/// The words that an instruction may begin with.
const INSTRUCTIONS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// Where the base of an image is named.
const BASE: &str = "org.opencontainers.image.base.name";

/// The name of the base, where the image tells.
pub fn base_of<'a>(mut pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let (_, name) = pairs.find(|(name, value)| *name == BASE && !value.is_empty())?;
    Some(one_line(name))
}

/// The text, below a line that says what it is; nothing where the image has no history.
pub fn reconstruct(layers: &[LayerInfo], base: Option<&str>, says: &str) -> Option<String> {
    if layers.iter().all(|layer| layer.created_by.trim().is_empty()) {
        return None;
    }
    let mut lines = vec![format!("# {}", one_line(says))];
    let starts_from_nothing = layers.first().is_some_and(|layer| {
        let first = step(&layer.created_by);
        first.starts_with("ADD file:") && first.ends_with(" /")
    });
    match base {
        Some(base) => lines.push(format!("# FROM {base}")),
        None if starts_from_nothing => lines.push("FROM scratch".to_owned()),
        None => {}
    }
    lines.extend(layers.iter().map(line));
    Some(lines.join("\n") + "\n")
}

fn line(layer: &LayerInfo) -> String {
    let step = step(&layer.created_by);
    let word = step.split_whitespace().next().unwrap_or_default();
    if !INSTRUCTIONS.contains(&word) {
        let what = if step.is_empty() { layer.digest.clone().unwrap_or_default() } else { step };
        return format!("# {}", one_line(&what));
    }
    match word {
        "RUN" => broken(&step),
        _ => one_line(&step),
    }
}

/// What stands in a line of its own may not end it.
fn one_line(text: &str) -> String {
    text.split(['\n', '\r']).map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A command with each of its parts on a line of its own. One that has lines already keeps them.
fn broken(command: &str) -> String {
    if command.contains('\n') {
        return command.to_owned();
    }
    let mut out = String::with_capacity(command.len());
    let (mut quote, mut escaped) = (None, false);
    let mut rest = command;
    while let Some(c) = rest.chars().next() {
        if quote.is_none()
            && let Some(after) = rest.strip_prefix("&& ")
        {
            out.truncate(out.trim_end().len());
            out.push_str(" \\\n    && ");
            rest = after.trim_start();
            continue;
        }
        match (quote, c) {
            _ if escaped => escaped = false,
            (_, '\\') => escaped = true,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        out.push(c);
        rest = rest.split_at(c.len_utf8()).1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(created_by: &str) -> LayerInfo {
        serde_json::from_value(serde_json::json!({ "created_by": created_by, "digest": "sha256:ab" })).unwrap()
    }

    fn of(lines: &[&str], base: Option<&str>) -> Option<String> {
        let layers: Vec<LayerInfo> = lines.iter().map(|line| layer(line)).collect();
        reconstruct(&layers, base, "Guessed")
    }

    #[test]
    fn a_history_becomes_a_file() {
        let text = of(
            &[
                "/bin/sh -c #(nop) ADD file:6f0d1c in / ",
                "/bin/sh -c #(nop)  CMD [\"bash\"]",
                "RUN /bin/sh -c apt-get update && apt-get install -y curl   && rm -rf /var/lib/apt # buildkit",
                "COPY app /app # buildkit",
                "ENTRYPOINT [\"/app\" \"serve\"]",
            ],
            None,
        );
        let expected = "# Guessed\nFROM scratch\nADD file:6f0d1c /\nCMD [\"bash\"]\n\
            RUN apt-get update \\\n    && apt-get install -y curl \\\n    && rm -rf /var/lib/apt\n\
            COPY app /app\nENTRYPOINT [\"/app\", \"serve\"]\n";
        assert_eq!(text.as_deref(), Some(expected));
    }

    #[test]
    fn what_is_no_instruction_is_a_comment() {
        let text = of(&["bazel build //app\nRUN evil", "", "ko build"], Some("docker.io/library/alpine:3"));
        let expected =
            "# Guessed\n# FROM docker.io/library/alpine:3\n# bazel build //app RUN evil\n# sha256:ab\n# ko build\n";
        assert_eq!(text.as_deref(), Some(expected));
    }

    #[test]
    fn commands_break_where_they_may() {
        assert_eq!(broken("RUN echo \"a && b\" && c"), "RUN echo \"a && b\" \\\n    && c");
        assert_eq!(broken("RUN echo \\\" && c"), "RUN echo \\\" \\\n    && c");
        assert_eq!(broken("RUN <<EOF\na && b\nEOF"), "RUN <<EOF\na && b\nEOF");
        assert_eq!(broken("RUN a&&b"), "RUN a&&b");
    }

    #[test]
    fn without_a_history_there_is_nothing_to_guess() {
        assert_eq!(of(&["", " "], None), None);
        assert_eq!(of(&[], None), None);
    }

    #[test]
    fn the_base_is_named_by_an_annotation() {
        assert_eq!(base_of([("a", "b"), (BASE, "x:1\nRUN y")].into_iter()).as_deref(), Some("x:1 RUN y"));
        assert_eq!(base_of(std::iter::empty()), None);
    }
}
