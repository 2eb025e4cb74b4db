//! A line of an image's history as the instruction that made it.

/// What builders put before the command of a shell.
const SHELLS: [&str; 2] = ["/bin/sh -c ", "cmd /S /C "];
/// What the old builder puts before what is no command.
const NO_COMMAND: &str = "#(nop) ";
/// What the new builder puts after each line.
const BUILDKIT: &str = " # buildkit";

/// The instruction of a line: `RUN apt-get update`, `COPY . /srv`. A line of another tool stays as it is.
pub fn step(created_by: &str) -> String {
    let line = created_by.trim();
    let line = line.strip_suffix(BUILDKIT).unwrap_or(line).trim_end();
    let (is_run, command) = match line.strip_prefix("RUN ") {
        Some(rest) => (true, rest.trim_start()),
        None => (false, line),
    };
    let Some(rest) = of_shell(without_arguments(command)) else {
        return exact(line);
    };
    match rest.trim_start().strip_prefix(NO_COMMAND) {
        Some(instruction) if !is_run => exact(instruction.trim()),
        Some(_) | None => format!("RUN {}", rest.trim()),
    }
}

fn of_shell(command: &str) -> Option<&str> {
    SHELLS.into_iter().find_map(|shell| command.strip_prefix(shell))
}

/// Without the arguments of the build that a builder puts before a command: `|1 VERSION=7 /bin/sh -c make`.
fn without_arguments(command: &str) -> &str {
    let counted = command.strip_prefix('|').and_then(|rest| rest.split_once(' '));
    if counted.is_none_or(|(count, _)| count.parse::<u32>().is_err()) {
        return command;
    }
    // A value may hold anything, so the shell is what they end with.
    let starts = SHELLS.into_iter().filter_map(|shell| command.find(shell));
    starts.min().and_then(|at| command.get(at..)).unwrap_or(command)
}

/// An instruction as somebody would have written it: builders print lists and sets in the form of their own language.
fn exact(line: &str) -> String {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let rest = rest.trim();
    let arguments = match name {
        "ADD" | "COPY" => of_context(rest),
        "CMD" | "ENTRYPOINT" | "SHELL" => list(rest),
        "EXPOSE" | "VOLUME" => set(rest),
        "HEALTHCHECK" => health(rest),
        _ => None,
    };
    match arguments {
        Some(arguments) => format!("{name} {arguments}"),
        None => line.to_owned(),
    }
}

/// `file:6f0d1c in /` as `file:6f0d1c /`: the old builder names what it took by its hash.
fn of_context(rest: &str) -> Option<String> {
    let (what, place) = rest.split_once(" in ")?;
    let hashed = ["file:", "dir:", "multi:"].iter().any(|kind| what.contains(kind));
    hashed.then(|| format!("{} {}", what.trim(), place.trim()))
}

/// `["nginx" "-g"]` as `["nginx", "-g"]`.
fn list(rest: &str) -> Option<String> {
    let words = quoted(rest.strip_prefix('[')?.strip_suffix(']')?)?;
    Some(format!("[{}]", words.join(", ")))
}

/// The quoted words of a text, with their quotes; nothing where anything else but commas is between them.
fn quoted(text: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches([' ', ',']);
    while !rest.is_empty() {
        let mut escaped = false;
        let end = rest.strip_prefix('"')?.find(|c: char| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        let (word, after) = rest.split_at_checked(end + 2)?;
        words.push(word);
        rest = after.trim_start_matches([' ', ',']);
    }
    Some(words)
}

/// `map[80/tcp:{}]` and `[80/tcp]` as `80/tcp`.
fn set(rest: &str) -> Option<String> {
    let inner = rest.strip_prefix("map[").or_else(|| rest.strip_prefix('['))?.strip_suffix(']')?;
    if inner.contains('"') {
        return list(rest);
    }
    let names = inner.split_whitespace().map(|name| name.strip_suffix(":{}").unwrap_or(name));
    Some(names.collect::<Vec<_>>().join(" "))
}

/// `&{["CMD-SHELL" "curl localhost"] "30s" …}` as `CMD curl localhost`.
fn health(rest: &str) -> Option<String> {
    let (words, _) = rest.strip_prefix("&{[")?.split_once(']')?;
    let words = quoted(words)?;
    let (kind, command) = words.split_first()?;
    match *kind {
        "\"NONE\"" => Some("NONE".to_owned()),
        "\"CMD-SHELL\"" => {
            let command = command.first()?.trim_matches('"').replace("\\\"", "\"");
            Some(format!("CMD {command}"))
        }
        "\"CMD\"" => Some(format!("CMD [{}]", command.join(", "))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_both_builders() {
        assert_eq!(step("/bin/sh -c #(nop)  CMD [\"bash\"]"), "CMD [\"bash\"]");
        assert_eq!(step("/bin/sh -c apt-get update"), "RUN apt-get update");
        assert_eq!(step("RUN /bin/sh -c apt-get update # buildkit"), "RUN apt-get update");
        assert_eq!(step("COPY . /srv # buildkit"), "COPY . /srv");
        assert_eq!(step("cmd /S /C #(nop) WORKDIR C:\\app"), "WORKDIR C:\\app");
        assert_eq!(step("bazel build"), "bazel build");
        assert_eq!(step("RUN #(nop) strange"), "RUN #(nop) strange");
        assert_eq!(step(" "), "");
    }

    #[test]
    fn arguments_of_the_build_are_no_command() {
        assert_eq!(step("|2 A=1 B=x y /bin/sh -c make all"), "RUN make all");
        assert_eq!(step("RUN |1 VERSION=7 /bin/sh -c make # buildkit"), "RUN make");
        assert_eq!(step("| tee"), "| tee");
        assert_eq!(step("|1 A=1"), "|1 A=1");
    }

    #[test]
    fn lists_and_sets_are_written_as_people_write_them() {
        assert_eq!(step("/bin/sh -c #(nop) ADD file:6f0d1c in / "), "ADD file:6f0d1c /");
        assert_eq!(step("COPY built in /srv # buildkit"), "COPY built in /srv");
        assert_eq!(step("CMD [\"nginx\" \"-g\" \"daemon off;\"]"), "CMD [\"nginx\", \"-g\", \"daemon off;\"]");
        assert_eq!(step("ENTRYPOINT [\"/a\", \"b\"]"), "ENTRYPOINT [\"/a\", \"b\"]");
        assert_eq!(step("CMD [\"a\\\"b\" \"c\"]"), "CMD [\"a\\\"b\", \"c\"]");
        assert_eq!(step("CMD npm start"), "CMD npm start");
        assert_eq!(step("EXPOSE map[443/tcp:{} 80/tcp:{}]"), "EXPOSE 443/tcp 80/tcp");
        assert_eq!(step("VOLUME [/data]"), "VOLUME /data");
        assert_eq!(step("VOLUME [\"/a b\" \"/c\"]"), "VOLUME [\"/a b\", \"/c\"]");
        assert_eq!(step("EXPOSE 80"), "EXPOSE 80");
        let health = "HEALTHCHECK &{[\"CMD-SHELL\" \"curl localhost || exit 1\"] \"30s\" \"0s\" '\\x00'}";
        assert_eq!(step(health), "HEALTHCHECK CMD curl localhost || exit 1");
        assert_eq!(step("HEALTHCHECK &{[\"NONE\"] \"0s\"}"), "HEALTHCHECK NONE");
        assert_eq!(step("HEALTHCHECK &{[x"), "HEALTHCHECK &{[x");
    }
}
