//! Drives targets with the plain mutation loop. A failing input is left in a file that the message names.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use berth_fuzz::{
    Target, find,
    mutate::{Until, run},
};
use clap::Parser;

#[derive(Parser)]
struct Args {
    /// Seconds a target
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first number of the generator; the same number gives the same inputs
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where failing inputs are left
    #[arg(long, default_value = ".")]
    artifacts: PathBuf,
    /// Targets; none: all
    targets: Vec<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut targets: Vec<&Target> = Vec::new();
    for name in &args.targets {
        let Some(target) = find(name) else {
            eprintln!("there is no target {name}");
            return ExitCode::FAILURE;
        };
        targets.push(target);
    }
    if targets.is_empty() {
        targets.extend(berth_fuzz::TARGETS);
    }
    for target in targets {
        let seeds = match target.corpus() {
            Ok(seeds) => seeds,
            Err(error) => {
                eprintln!("{}: the corpus cannot be read: {error}", target.name);
                return ExitCode::FAILURE;
            }
        };
        let mut last = Vec::new();
        let attempt = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let until = Until::Elapsed(Duration::from_secs(args.seconds));
            run(target, &seeds, args.seed, until, |input| input.clone_into(&mut last))
        }));
        match attempt {
            Ok(inputs) => println!("{}: {inputs} inputs in {} s, no finding", target.name, args.seconds),
            Err(_) => {
                let file = args.artifacts.join(format!("crash-{}", target.name));
                match std::fs::write(&file, &last) {
                    Ok(()) => eprintln!("{}: the failing input is in {}", target.name, file.display()),
                    Err(error) => eprintln!("{}: {error}; the failing input is {last:?}", target.name),
                }
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
