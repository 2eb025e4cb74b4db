//! A line of an image's history as the instruction that made it.

/// What builders put before the command of a shell.
const SHELL: &str = "/bin/sh -c ";
/// What the old builder puts before what is no command.
const NO_COMMAND: &str = "#(nop) ";
/// What the new builder puts after each line.
const BUILDKIT: &str = " # buildkit";

/// The instruction of a line: `RUN apt-get update`, `COPY . /srv`.
pub fn step(created_by: &str) -> String {
    let line = created_by.trim();
    let line = line.strip_suffix(BUILDKIT).unwrap_or(line).trim_end();
    if let Some(rest) = line.strip_prefix(SHELL) {
        return match rest.trim_start().strip_prefix(NO_COMMAND) {
            Some(instruction) => instruction.trim().to_owned(),
            None => format!("RUN {}", rest.trim()),
        };
    }
    match line.strip_prefix("RUN ").and_then(|rest| rest.strip_prefix(SHELL)) {
        Some(command) => format!("RUN {}", command.trim()),
        None => line.to_owned(),
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
        assert_eq!(step("bazel build"), "bazel build");
        assert_eq!(step(" "), "");
    }
}
