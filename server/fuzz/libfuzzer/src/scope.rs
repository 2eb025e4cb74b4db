#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| (berth_fuzz::find("scope").expect("a target").run)(input));
