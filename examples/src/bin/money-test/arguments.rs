//! The command line.

pub(crate) const USAGE: &str = "\
money-test [--transfers N] [--sqlite] [--without-tx]

  --transfers N   how many transfers, 10000 by default
  --sqlite        one worker with SQLite, in place of three with PostgreSQL
  --without-tx    handlers without a transaction of eventkit: transfers are booked twice
";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Arguments {
    pub(crate) transfers: u32,
    pub(crate) sqlite: bool,
    pub(crate) without_tx: bool,
}

impl Arguments {
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut parsed = Self {
            transfers: 10_000,
            sqlite: false,
            without_tx: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--sqlite" => parsed.sqlite = true,
                "--without-tx" => parsed.without_tx = true,
                "--transfers" => {
                    let number = arguments.next().and_then(|number| number.parse().ok());
                    let number = number.filter(|number| *number > 0);
                    parsed.transfers = number.ok_or("`--transfers` needs a positive number")?;
                }
                unknown => return Err(format!("unknown argument `{unknown}`")),
            }
        }
        Ok(parsed)
    }
}
