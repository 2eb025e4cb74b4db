//! Patterns of names and tags in rules: Harbor's `doublestar` (version 1 of its library), compiled once.
//!
//! `*` and `?` stop at slashes, `**` as a whole component matches any number of components, `[a-z]` and `[^a-z]` are
//! classes, `{a,b}` alternatives, which may nest and hold slashes, and `\` takes the next character as it is. A pattern
//! matches the whole text or nothing of it. Where the library misses a match, as of `*{,a}`, this finds it. Matching
//! takes no more than the product of both lengths, whatever is asked.

/// The longest pattern, in bytes.
pub const PATTERN_BYTES_MAX: usize = 4096;

/// How much work compiling may be, in characters: alternatives after alternatives multiply.
const WORK_MAX: usize = 1 << 14;

/// A pattern that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob {
    /// One without braces for every choice of alternatives.
    choices: Vec<Vec<Component>>,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadGlob {
    /// A class or a list of alternatives has no end, a class is empty or a range in it incomplete, or nothing follows
    /// the last `\`.
    #[error("syntax error in pattern")]
    Syntax,
    /// It is too long, or its alternatives are too many.
    #[error("the pattern is too long or has too many alternatives")]
    Size,
}

/// What stands between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Component {
    /// `**`
    Any,
    /// Anything else.
    Pieces(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Char(char),
    One,
    Star,
    Class {
        is_negated: bool,
        ranges: Vec<(char, char)>,
    },
    Slash,
    /// Where alternatives were chosen. Two stars beside it are not `**`, as in Harbor.
    Choice,
}

impl std::str::FromStr for Glob {
    type Err = BadGlob;

    fn from_str(text: &str) -> Result<Self, BadGlob> {
        if text.len() > PATTERN_BYTES_MAX {
            return Err(BadGlob::Size);
        }
        let text: Vec<char> = text.chars().collect();
        let mut reading = Reading { choices: Vec::new(), work: WORK_MAX };
        reading.read(&text, Vec::new())?;
        Ok(Glob { choices: reading.choices })
    }
}

impl Glob {
    /// Whether the whole of a text matches.
    pub fn matches(&self, text: &str) -> bool {
        let parts: Vec<Vec<char>> = text.split('/').map(|part| part.chars().collect()).collect();
        self.choices.iter().any(|components| matches_path(components, &parts))
    }
}

struct Reading {
    choices: Vec<Vec<Component>>,
    work: usize,
}

impl Reading {
    fn spend(&mut self, work: usize) -> Result<(), BadGlob> {
        self.work = self.work.checked_sub(work).ok_or(BadGlob::Size)?;
        Ok(())
    }

    fn read(&mut self, text: &[char], mut pieces: Vec<Piece>) -> Result<(), BadGlob> {
        self.spend(pieces.len() + text.len() + 1)?;
        let mut at = 0;
        while let Some(char) = text.get(at) {
            at += 1;
            pieces.push(match char {
                '*' => Piece::Star,
                '?' => Piece::One,
                '/' => Piece::Slash,
                '\\' => {
                    at += 1;
                    Piece::Char(*text.get(at - 1).ok_or(BadGlob::Syntax)?)
                }
                '[' => {
                    let (class, length) = class(text.get(at..).unwrap_or_default())?;
                    at += length;
                    class
                }
                '{' => return self.choose(text.get(at..).unwrap_or_default(), pieces),
                char => Piece::Char(*char),
            });
        }
        self.choices.push(components(pieces));
        Ok(())
    }

    /// Goes on with each of the alternatives that `text` begins with.
    fn choose(&mut self, text: &[char], mut pieces: Vec<Piece>) -> Result<(), BadGlob> {
        pieces.push(Piece::Choice);
        let (mut depth, mut start, mut at) = (0_usize, 0, 0);
        let mut options = Vec::new();
        loop {
            match text.get(at).ok_or(BadGlob::Syntax)? {
                '\\' => at += 1,
                '{' => depth += 1,
                ',' if depth == 0 => {
                    options.push(start..at);
                    start = at + 1;
                }
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        options.push(start..at);
        let rest = text.get(at + 1..).unwrap_or_default();
        for option in options {
            let option = text.get(option).unwrap_or_default();
            self.spend(option.len() + rest.len())?;
            self.read(&[option, rest].concat(), pieces.clone())?;
        }
        Ok(())
    }
}

/// The class that a text begins with, behind its `[`, and its length.
fn class(text: &[char]) -> Result<(Piece, usize), BadGlob> {
    let is_negated = text.first() == Some(&'^');
    let mut at = usize::from(is_negated);
    let mut ranges = Vec::new();
    loop {
        // A class without `^` has to hold something.
        if text.get(at) == Some(&']') && (is_negated || !ranges.is_empty()) {
            return Ok((Piece::Class { is_negated, ranges }, at + 1));
        }
        let (first, after) = member(text, at)?;
        let (last, after) = if text.get(after) == Some(&'-') { member(text, after + 1)? } else { (first, after) };
        ranges.push((first, last));
        at = after;
    }
}

/// A character of a class and where the next begins.
fn member(text: &[char], at: usize) -> Result<(char, usize), BadGlob> {
    match text.get(at) {
        None | Some(']' | '-') => Err(BadGlob::Syntax),
        Some('\\') => text.get(at + 1).map(|char| (*char, at + 2)).ok_or(BadGlob::Syntax),
        Some(char) => Ok((*char, at + 1)),
    }
}

fn components(pieces: Vec<Piece>) -> Vec<Component> {
    let component = |part: &[Piece]| match part {
        [Piece::Star, Piece::Star] => Component::Any,
        part => Component::Pieces(part.iter().filter(|piece| **piece != Piece::Choice).cloned().collect()),
    };
    pieces.split(|piece| *piece == Piece::Slash).map(component).collect()
}

impl Piece {
    fn takes(&self, char: char) -> bool {
        match self {
            Piece::Char(own) => *own == char,
            Piece::One => true,
            Piece::Class { is_negated, ranges } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&char)) != *is_negated
            }
            Piece::Star | Piece::Slash | Piece::Choice => false,
        }
    }
}

/// Going back to the last `**` is enough: what an earlier one took could only be taken by the later one as well.
fn matches_path(components: &[Component], parts: &[Vec<char>]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while let Some(part) = parts.get(read) {
        match components.get(at) {
            // At the end it takes all that is left, and something is.
            Some(Component::Any) if at + 1 == components.len() => return true,
            Some(Component::Any) => {
                at += 1;
                again = Some((at, read));
                continue;
            }
            Some(Component::Pieces(pieces)) if matches_part(pieces, part) => {
                (at, read) = (at + 1, read + 1);
                continue;
            }
            Some(Component::Pieces(_)) | None => {}
        }
        let Some((component, from)) = again else { return false };
        again = Some((component, from + 1));
        (at, read) = (component, from + 1);
    }
    at == components.len()
}

/// The same for the stars of one component.
fn matches_part(pieces: &[Piece], chars: &[char]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    loop {
        match (pieces.get(at), chars.get(read)) {
            (None, None) => return true,
            (Some(Piece::Star), _) => {
                at += 1;
                again = Some((at, read));
                continue;
            }
            (Some(piece), Some(char)) if piece.takes(*char) => {
                (at, read) = (at + 1, read + 1);
                continue;
            }
            _ => {}
        }
        let Some((piece, from)) = again.filter(|(_, from)| *from < chars.len()) else { return false };
        again = Some((piece, from + 1));
        (at, read) = (piece, from + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern that cannot be read matches nothing here.
    fn selects(pattern: &str, text: &str) -> bool {
        pattern.parse::<Glob>().is_ok_and(|glob| glob.matches(text))
    }

    /// Pattern, text, and what Harbor's library says: y(es), n(o), or b(ad pattern).
    const CASES: &[(&str, &str, char)] = &[
        ("", "", 'y'),
        ("", "a", 'n'),
        ("a", "a", 'y'),
        ("a", "b", 'n'),
        ("a", "a/", 'n'),
        ("a/", "a", 'n'),
        ("a/", "a/", 'y'),
        ("*", "", 'y'),
        ("*", "abc", 'y'),
        ("*", "a/b", 'n'),
        ("v*", "v1.2", 'y'),
        ("v*", "1v", 'n'),
        ("*-rc*", "1.0-rc2", 'y'),
        ("*.*.*", "1.2", 'n'),
        ("*.*.*", "1.2.3", 'y'),
        ("a*a*a*b", "aaaaaaaaaaaaaaaaaaaa", 'n'),
        ("?", "x", 'y'),
        ("?", "é", 'y'),
        ("?", "", 'n'),
        ("?", "/", 'n'),
        ("**", "", 'y'),
        ("**", "a/b/c", 'y'),
        ("**/", "a/", 'y'),
        ("**/c", "c", 'y'),
        ("**/c", "a/b/c", 'y'),
        ("**/c", "a/cc", 'n'),
        ("a/**", "a", 'n'),
        ("a/**", "a/", 'y'),
        ("a/**", "a/b/c", 'y'),
        ("a/**/b", "a/b", 'y'),
        ("a/**/b", "a/x/y/b", 'y'),
        ("a/**/b", "a/x/y", 'n'),
        ("**/a/**/b", "x/a/a/y/b", 'y'),
        ("abc**", "abcd", 'y'),
        ("abc**", "abcd/e", 'n'),
        ("**a", "b/a", 'n'),
        ("***", "ab", 'y'),
        ("***", "a/b", 'n'),
        ("[a-c]x", "bx", 'y'),
        ("[a-c]x", "dx", 'n'),
        ("[^a-c]x", "dx", 'y'),
        ("[^a-c]x", "ax", 'n'),
        ("[^^]", "^", 'n'),
        ("[^]", "a", 'y'),
        ("[!a]b", "!b", 'y'),
        ("[!a]b", "cb", 'n'),
        ("[é]", "é", 'y'),
        ("[\\]]", "]", 'y'),
        ("[\\-x]", "-", 'y'),
        ("[z-a]", "b", 'n'),
        ("[/]", "/", 'n'),
        ("a\\*", "a*", 'y'),
        ("a\\*", "ab", 'n'),
        ("[a", "a", 'b'),
        ("[]", "a", 'b'),
        ("[]a]", "a", 'b'),
        ("[-]", "-", 'b'),
        ("[x-]", "x", 'b'),
        ("[-x]", "x", 'b'),
        ("[a-b-c]", "a", 'b'),
        ("[a-", "a", 'b'),
        ("{a,b}", "b", 'y'),
        ("{a,b}", "c", 'n'),
        ("{a,b}*", "bcd", 'y'),
        ("{a,{b,c}}d", "cd", 'y'),
        ("{a\\,b,c}", "a,b", 'y'),
        ("{a/b,c}", "a/b", 'y'),
        ("{a,b}/c", "b/c", 'y'),
        ("x{,y}", "x", 'y'),
        ("x{}y", "xy", 'y'),
        ("{**,x}/c", "a/b/c", 'n'),
        ("a}", "a}", 'y'),
        ("a,b", "a,b", 'y'),
        ("{a", "a", 'b'),
        ("{a,b", "a", 'b'),
        ("{[,],a}", ",", 'b'),
    ];

    #[test]
    fn patterns_mean_what_they_mean_in_harbor() {
        for (pattern, text, expected) in CASES {
            let found = match pattern.parse::<Glob>() {
                Ok(glob) if glob.matches(text) => 'y',
                Ok(_) => 'n',
                Err(_) => 'b',
            };
            assert_eq!(found, *expected, "{pattern} against {text}");
        }
    }

    #[test]
    fn what_would_take_long_is_refused_or_quick() {
        assert!("{a,b}".repeat(12).parse::<Glob>().is_err_and(|error| error == BadGlob::Size));
        assert!("{a,b}".repeat(6).parse::<Glob>().is_ok());
        assert_eq!("a".repeat(PATTERN_BYTES_MAX + 1).parse::<Glob>(), Err(BadGlob::Size));
        assert_eq!("{".repeat(2000).parse::<Glob>(), Err(BadGlob::Syntax));
        assert!(!selects(&format!("{}b", "a*".repeat(200)), &"a".repeat(2000)));
        assert!(!selects(&format!("{}b", "**/a/".repeat(100)), &"a/".repeat(1000)));
        let many = format!("{{{}}}", (0..500).map(|number| format!("v{number}")).collect::<Vec<_>>().join(","));
        assert!(selects(&many, "v499") && !selects(&many, "v500"));
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(pattern in "[ab*?/\\[\\]{},^\\\\-]{0,24}", text in "[ab/]{0,12}") {
            let _ = selects(&pattern, &text);
        }

        #[test]
        fn a_text_without_special_characters_matches_itself_only(pattern in "[a-z0-9./_-]{1,20}", text in "[a-z0-9./_-]{1,20}") {
            proptest::prop_assert!(selects(&pattern, &pattern));
            proptest::prop_assert_eq!(selects(&pattern, &text), pattern == text);
        }
    }
}
