//! What is wrong with rules while they are being written.

use super::draft::{Draft, Line};
use crate::form::Fault;

/// The largest number of a rule.
const NUMBER_MAX: i64 = 1_000_000;

/// What is wrong with which field: what the server would refuse, in the order of the form.
pub(super) fn faults(draft: &Draft) -> Vec<(String, Fault)> {
    let mut faults = Vec::new();
    for (index, line) in draft.lines.iter().enumerate().filter(|(_, line)| !Line::is_raw(line)) {
        let mut check = |field: &str, is_right: bool, fault: Fault| {
            if !is_right {
                faults.push((format!("{field}-{index}"), fault));
            }
        };
        let is_pattern = |text: &str| text.parse::<berth_types::glob::Glob>().is_ok();
        check("repos", is_pattern(&line.repos), Fault::Pattern);
        let number = line.number.parse::<i64>().ok().filter(|number| (0..=NUMBER_MAX).contains(number));
        check("number", number.is_some() || !line.has_number(), Fault::NumberRange(0, NUMBER_MAX));
        check("tags", is_pattern(&line.tags), Fault::Pattern);
    }
    faults.extend(draft.schedule.fault().map(|(field, fault)| (field.to_owned(), fault)));
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schedule::Schedule;

    #[test]
    fn faults_name_the_field_of_their_rule() {
        let wrong = |line: Line| faults(&Draft { lines: vec![Line::default(), line], ..Draft::default() });
        let field = |line: Line| wrong(line).into_iter().map(|(field, _)| field).collect::<Vec<_>>();
        assert_eq!(field(Line { repos: "{a".to_owned(), ..Line::default() }), ["repos-1"]);
        assert_eq!(
            field(Line { tags: "[".to_owned(), number: "x".to_owned(), ..Line::default() }),
            ["number-1", "tags-1"]
        );
        assert_eq!(field(Line { number: "-1".to_owned(), ..Line::default() }), ["number-1"]);
        let always = Line { template: "always".to_owned(), number: String::new(), ..Line::default() };
        assert!(field(always).is_empty());
        assert!(field(Line { raw: "{}".to_owned(), tags: "[".to_owned(), ..Line::default() }).is_empty());
    }

    #[test]
    fn a_schedule_that_nothing_can_follow_is_a_fault() {
        let schedule = |cron: &str| Schedule { every: "cron".into(), cron: cron.into(), ..Schedule::default() };
        let of = |schedule: Schedule| faults(&Draft { schedule, ..Draft::default() });
        assert_eq!(of(schedule("every tuesday")), [("cron".to_owned(), Fault::Schedule)]);
        assert!(of(schedule("0 30 2 * * 1-5")).is_empty());
        assert!(of(Schedule::default()).is_empty());
    }
}
