//! `berth`.

fn main() -> std::process::ExitCode {
    berth_server::cli::run()
}
