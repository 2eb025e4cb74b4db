//! A witness cannot be made up: what tries to does not compile.

#[test]
fn a_witness_comes_from_a_check_only() {
    trybuild::TestCases::new().compile_fail("tests/witness/*.rs");
}
