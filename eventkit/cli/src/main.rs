//! The program `eventkit`.

use std::process::ExitCode;

fn main() -> ExitCode {
    eventkit_cli::main()
}
