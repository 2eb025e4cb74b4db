//! `berth`.

fn main() -> std::process::ExitCode {
    berth_server::memory::give_back_large_pieces();
    berth_server::cli::run()
}
