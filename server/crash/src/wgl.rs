//! Linearizability of one register, after Wing & Gong and Lowe: is there an order of all operations, each between its
//! call and its return, in which every answer is right?
//!
//! A register holds a value or nothing. An operation without an answer may have happened or not, but not after it
//! returned: whoever kills a server says with `returned` when it could no longer happen.

use std::collections::HashSet;

/// What a register holds.
pub type Value = Option<u8>;

/// An operation, with what its answer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// It was set.
    Write(u8),
    /// It was read.
    Read(Value),
    /// It was seen to hold something, or nothing.
    Exists(bool),
    /// It was emptied, and had held something.
    Delete,
    /// It was emptied where it held this value, and left alone otherwise.
    ClearIf(u8),
}

impl Op {
    /// What the register holds afterwards. Nothing where the answer would have been another one.
    fn apply(self, state: Value) -> Option<Value> {
        match self {
            Op::Write(value) => Some(Some(value)),
            Op::Read(seen) => (seen == state).then_some(state),
            Op::Exists(seen) => (seen == state.is_some()).then_some(state),
            Op::Delete => state.is_some().then_some(None),
            Op::ClearIf(value) if state == Some(value) => Some(None),
            Op::ClearIf(_) => Some(state),
        }
    }

    /// Whether the operation only looks.
    pub fn is_read(self) -> bool {
        matches!(self, Op::Read(_) | Op::Exists(_))
    }
}

/// An operation in a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What was done.
    pub op: Op,
    /// When it was asked for, in ticks of one clock for all clients.
    pub invoked: u64,
    /// When its answer came, or when it could no longer happen.
    pub returned: u64,
    /// Whether there was an answer.
    pub is_answered: bool,
}

/// Whether a history is linearizable from a register that holds `initial`.
pub fn is_linearizable(initial: Value, history: &[Event]) -> bool {
    // What only looked and got no answer says nothing.
    let mut events: Vec<Event> =
        history.iter().copied().filter(|event| event.is_answered || !event.op.is_read()).collect();
    events.sort_by_key(|event| event.invoked);
    let mut seen = HashSet::new();
    let mut open = vec![Progress { done: vec![0; events.len().div_ceil(64)], first: 0, state: initial }];
    while let Some(progress) = open.pop() {
        if progress.first == events.len() {
            return true;
        }
        for index in progress.candidates(&events) {
            let event = events[index];
            let skipped = (!event.is_answered).then_some(progress.state);
            for state in event.op.apply(progress.state).into_iter().chain(skipped) {
                let next = progress.with(index, state, events.len());
                if seen.insert(next.clone()) {
                    open.push(next);
                }
            }
        }
    }
    false
}

/// The operations that are in order so far, as a set of bits, and what the register holds after them.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Progress {
    done: Vec<u64>,
    /// The first that is not.
    first: usize,
    state: Value,
}

impl Progress {
    fn is_done(&self, index: usize) -> bool {
        self.done[index / 64] & (1 << (index % 64)) != 0
    }

    /// What may come next: whatever was asked for before any of the others returned.
    fn candidates(&self, events: &[Event]) -> Vec<usize> {
        let mut candidates = Vec::new();
        let mut earliest_return = u64::MAX;
        for (index, event) in events.iter().enumerate().skip(self.first) {
            if event.invoked > earliest_return {
                break;
            }
            if !self.is_done(index) {
                earliest_return = earliest_return.min(event.returned);
                candidates.push(index);
            }
        }
        // An earlier return may have been found behind one that was asked for after it.
        candidates.retain(|index| events[*index].invoked <= earliest_return);
        candidates
    }

    fn with(&self, index: usize, state: Value, count: usize) -> Self {
        let mut next = Progress { done: self.done.clone(), first: self.first, state };
        next.done[index / 64] |= 1 << (index % 64);
        while next.first < count && next.is_done(next.first) {
            next.first += 1;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

    use super::{Event, Op, Value, is_linearizable};

    fn answered(op: Op, invoked: u64, returned: u64) -> Event {
        Event { op, invoked, returned, is_answered: true }
    }

    fn unanswered(op: Op, invoked: u64, returned: u64) -> Event {
        Event { op, invoked, returned, is_answered: false }
    }

    #[track_caller]
    fn good(initial: Value, history: &[Event]) {
        assert!(is_linearizable(initial, history), "rejected: {history:?}");
    }

    #[track_caller]
    fn bad(initial: Value, history: &[Event]) {
        assert!(!is_linearizable(initial, history), "accepted: {history:?}");
    }

    #[test]
    fn what_is_written_is_read() {
        good(None, &[]);
        good(Some(1), &[answered(Op::Read(Some(1)), 1, 2)]);
        good(None, &[answered(Op::Write(1), 1, 2), answered(Op::Read(Some(1)), 3, 4)]);
    }

    #[test]
    fn a_read_of_the_past_is_rejected() {
        let history = [answered(Op::Write(1), 1, 2), answered(Op::Write(2), 3, 4), answered(Op::Read(Some(1)), 5, 6)];
        bad(None, &history);
        bad(None, &[answered(Op::Write(1), 1, 2), answered(Op::Read(None), 3, 4)]);
    }

    #[test]
    fn a_value_that_nobody_wrote_is_rejected() {
        bad(None, &[answered(Op::Write(1), 1, 2), answered(Op::Read(Some(3)), 3, 4)]);
    }

    #[test]
    fn writes_at_the_same_time_may_come_in_either_order() {
        for last in [1, 2] {
            let history =
                [answered(Op::Write(1), 1, 5), answered(Op::Write(2), 2, 4), answered(Op::Read(Some(last)), 6, 7)];
            good(None, &history);
        }
    }

    #[test]
    fn readers_must_agree_on_the_order() {
        // Both writes overlap everything, but one client sees 1 then 2 and another, later, 1 again.
        let history = [
            answered(Op::Write(1), 1, 20),
            answered(Op::Write(2), 2, 19),
            answered(Op::Read(Some(1)), 3, 4),
            answered(Op::Read(Some(2)), 5, 6),
            answered(Op::Read(Some(1)), 7, 8),
        ];
        bad(None, &history);
        good(None, &history[..4]);
    }

    #[test]
    fn a_read_during_a_write_may_see_both_but_not_backwards() {
        let write = answered(Op::Write(2), 1, 10);
        good(Some(1), &[write, answered(Op::Read(Some(1)), 2, 3), answered(Op::Read(Some(2)), 4, 5)]);
        bad(Some(1), &[write, answered(Op::Read(Some(2)), 2, 3), answered(Op::Read(Some(1)), 4, 5)]);
    }

    #[test]
    fn what_was_deleted_stays_deleted() {
        let history = [answered(Op::Write(1), 1, 2), answered(Op::Delete, 3, 4), answered(Op::Read(Some(1)), 5, 6)];
        bad(None, &history);
        bad(None, &[answered(Op::Delete, 1, 2)]);
        // Only one of two can have found it.
        bad(Some(1), &[answered(Op::Delete, 1, 4), answered(Op::Delete, 2, 3)]);
        good(Some(1), &[answered(Op::Delete, 1, 4), answered(Op::Write(2), 2, 3), answered(Op::Delete, 3, 5)]);
    }

    #[test]
    fn a_list_shows_what_is_there() {
        bad(Some(1), &[answered(Op::Exists(false), 1, 2)]);
        good(Some(1), &[answered(Op::Delete, 1, 4), answered(Op::Exists(false), 2, 3)]);
        bad(None, &[answered(Op::Exists(true), 1, 2), answered(Op::Write(1), 3, 4)]);
    }

    #[test]
    fn clearing_hits_only_its_value() {
        good(Some(1), &[answered(Op::ClearIf(2), 1, 2), answered(Op::Read(Some(1)), 3, 4)]);
        bad(Some(1), &[answered(Op::ClearIf(1), 1, 2), answered(Op::Read(Some(1)), 3, 4)]);
        good(Some(1), &[answered(Op::ClearIf(1), 1, 2), answered(Op::Read(None), 3, 4)]);
    }

    #[test]
    fn what_had_no_answer_happened_or_not_but_only_once_and_in_time() {
        let write = unanswered(Op::Write(2), 1, 10);
        good(Some(1), &[write, answered(Op::Read(Some(1)), 11, 12)]);
        good(Some(1), &[write, answered(Op::Read(Some(2)), 11, 12)]);
        // It could no longer happen between these two.
        bad(Some(1), &[write, answered(Op::Read(Some(1)), 11, 12), answered(Op::Read(Some(2)), 13, 14)]);
        // It happened, and was then lost.
        bad(Some(1), &[write, answered(Op::Read(Some(2)), 3, 4), answered(Op::Read(Some(1)), 11, 12)]);
        // While it could: first not, then done.
        good(Some(1), &[write, answered(Op::Read(Some(1)), 3, 4), answered(Op::Read(Some(2)), 11, 12)]);
        good(None, &[unanswered(Op::Delete, 1, 2), answered(Op::Read(None), 3, 4)]);
        good(None, &[unanswered(Op::Read(Some(9)), 1, 2)]);
    }

    #[test]
    fn long_histories_are_quick() {
        let mut random = StdRng::seed_from_u64(1);
        let (mut history, mut state) = (Vec::new(), None);
        for moment in 0..5000_u64 {
            let op = any_op(&mut random, state, true);
            state = op.apply(state).unwrap();
            // Each takes effect at its moment and overlaps a dozen others.
            let at = moment * 10 + 100;
            history.push(answered(op, at - random.random_range(1..60), at + random.random_range(1..60)));
        }
        good(None, &history);
    }

    /// An operation; where `is_truthful`, with the answer that the state gives.
    fn any_op(random: &mut StdRng, state: Value, is_truthful: bool) -> Op {
        let value = random.random_range(0..3);
        let seen = if is_truthful { state } else { [None, Some(0), Some(1), Some(2)][random.random_range(0..4)] };
        match random.random_range(0..5) {
            0 => Op::Read(seen),
            1 => Op::Exists(seen.is_some()),
            2 if state.is_some() || !is_truthful => Op::Delete,
            3 => Op::ClearIf(value),
            _ => Op::Write(value),
        }
    }

    /// The definition, tried out in full: every choice of what happened, in every order.
    fn by_definition(initial: Value, left: &[Event]) -> bool {
        let Some(earliest_return) = left.iter().map(|event| event.returned).min() else { return true };
        (0..left.len()).any(|index| {
            let (event, mut rest) = (left[index], left.to_vec());
            rest.remove(index);
            let may_be_next = event.invoked <= earliest_return;
            let happened = event.op.apply(initial).is_some_and(|state| by_definition(state, &rest));
            may_be_next && (happened || (!event.is_answered && by_definition(initial, &rest)))
        })
    }

    #[test]
    fn it_agrees_with_the_definition_on_small_histories() {
        let mut random = StdRng::seed_from_u64(7);
        let (mut accepted, mut rejected) = (0, 0);
        for _ in 0..4000 {
            let count = random.random_range(1..6);
            let mut moments: Vec<u64> = (1..=2 * count).collect();
            moments.shuffle(&mut random);
            let history: Vec<Event> = moments
                .chunks(2)
                .map(|pair| Event {
                    op: any_op(&mut random, None, false),
                    invoked: pair[0].min(pair[1]),
                    returned: pair[0].max(pair[1]),
                    is_answered: random.random_bool(0.8),
                })
                .collect();
            let expected = by_definition(None, &history);
            assert_eq!(is_linearizable(None, &history), expected, "{history:?}");
            *if expected { &mut accepted } else { &mut rejected } += 1;
        }
        assert!(accepted > 500 && rejected > 500, "{accepted} accepted, {rejected} rejected");
    }
}
