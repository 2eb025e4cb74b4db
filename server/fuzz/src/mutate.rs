//! A plain mutation loop, for machines without libFuzzer: seeds, changed at random, without a view of coverage.

use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng, rngs::StdRng};

use crate::Target;

/// Inputs between two looks at the clock.
const INPUTS_A_LOOK: u64 = 256;

/// When a loop ends.
#[derive(Clone, Copy, Debug)]
pub enum Until {
    /// After so many inputs.
    Inputs(u64),
    /// After this time.
    Elapsed(Duration),
}

/// Runs a target on changed seeds and says on how many. The same seeds, number and end give the same inputs.
///
/// # Panics
/// Where a property of the target does not hold. The input was shown to `on_input` before.
pub fn run(target: &Target, seeds: &[Vec<u8>], seed: u64, until: Until, mut on_input: impl FnMut(&[u8])) -> u64 {
    let mut random = StdRng::seed_from_u64(seed);
    let began = Instant::now();
    let mut inputs = 0;
    loop {
        match until {
            Until::Inputs(enough) if inputs >= enough => return inputs,
            Until::Elapsed(enough) if inputs % INPUTS_A_LOOK == 0 && began.elapsed() >= enough => return inputs,
            Until::Inputs(_) | Until::Elapsed(_) => {}
        }
        let input = change(target, seeds, &mut random);
        on_input(&input);
        (target.run)(&input);
        inputs += 1;
    }
}

fn change(target: &Target, seeds: &[Vec<u8>], random: &mut StdRng) -> Vec<u8> {
    let mut input = if seeds.is_empty() { Vec::new() } else { seeds[random.random_range(0..seeds.len())].clone() };
    for _ in 0..random.random_range(1..=6) {
        let at = random.random_range(0..=input.len());
        let end = random.random_range(at..=input.len());
        match random.random_range(0..8) {
            0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            1 if at < input.len() => input[at] = random.random(),
            2 => input.insert(at, random.random()),
            3 => drop(input.drain(at..end)),
            4 => {
                let part = input[at..end].to_vec();
                input.splice(at..at, part);
            }
            5 if !seeds.is_empty() => {
                let other = &seeds[random.random_range(0..seeds.len())];
                input.splice(at..end, other[random.random_range(0..=other.len())..].iter().copied());
            }
            _ if !target.words.is_empty() => {
                let word = target.words[random.random_range(0..target.words.len())];
                input.splice(at..at, word.bytes());
            }
            _ => {}
        }
    }
    input.truncate(target.input_bytes_max);
    input
}
