//! The command line arguments of the shop.

/// The text of `--help`, which is also printed after an error.
pub(crate) const USAGE: &str = "\
A shop that takes CloudEvents over HTTP.

Usage: shop [--listen ADDR]

Without arguments the shop opens on a free port, sends itself requests in every
content mode, prints which handlers ran, and closes.

  --listen ADDR  stay open on ADDR, such as 127.0.0.1:8080, until ctrl-c;
                 a page at /catalog describes the events and handlers,
                 /health and /metrics watch the service behind /webhook
  --help         print this text
";

/// The command to run.
#[derive(Debug)]
pub(crate) enum Command {
    Show,
    Listen(String),
    Help,
}

/// Parses the arguments after the name of the program.
///
/// # Errors
///
/// Returns an error if an argument is unknown or incomplete.
pub(crate) fn parse(arguments: &[String]) -> Result<Command, String> {
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => Ok(Command::Show),
        ["--help" | "-h", ..] => Ok(Command::Help),
        ["--listen", address] => Ok(Command::Listen((*address).to_owned())),
        ["--listen"] => Err("`--listen` needs an address such as 127.0.0.1:8080".to_owned()),
        ["--listen", _, unknown, ..] | [unknown, ..] => {
            Err(format!("unknown argument `{unknown}`"))
        }
    }
}
