//! The content of the database at the end.

use crate::worker::{ACCOUNTS, INITIAL_BALANCE, TransferRequested};

/// The rows that the handlers wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BankResult {
    pub(crate) bookings: i64,
    /// The number of distinct transfers that were booked.
    pub(crate) booked: i64,
    pub(crate) receipts: i64,
    /// The number of distinct transfers that have a receipt.
    pub(crate) confirmed: i64,
    pub(crate) balances: Vec<i64>,
}

impl BankResult {
    /// Returns whether every transfer was handled at least once.
    pub(crate) fn is_complete(&self, transfers: u32) -> bool {
        let all = i64::from(transfers);
        self.booked == all && self.confirmed == all
    }

    /// Returns whether every transfer was handled exactly once.
    pub(crate) fn is_exact(&self, transfers: u32) -> bool {
        let all = i64::from(transfers);
        self.is_complete(transfers)
            && self.bookings == all
            && self.receipts == all
            && self.balances == expected(transfers)
    }

    /// Prints a table.
    pub(crate) fn print(&self, transfers: u32) {
        let all = i64::from(transfers);
        println!("transfers  {all}");
        println!(
            "booked     {} times, {} lost",
            self.bookings,
            all - self.booked
        );
        println!(
            "receipts   {}, {} lost",
            self.receipts,
            all - self.confirmed
        );
        let sum: i64 = self.balances.iter().sum();
        let wrong = self.balances.iter().zip(expected(transfers));
        let wrong = wrong.filter(|(found, expected)| **found != *expected);
        println!(
            "balances   {sum} in all, {} of {ACCOUNTS} accounts are wrong",
            wrong.count()
        );
    }
}

/// Returns the balances if each transfer is booked once.
fn expected(transfers: u32) -> Vec<i64> {
    let mut balances = vec![INITIAL_BALANCE; usize::try_from(ACCOUNTS).unwrap_or_default()];
    for number in 0..transfers {
        let transfer = TransferRequested::number(number);
        let mut add = |account: i64, amount: i64| {
            if let Ok(index) = usize::try_from(account) {
                balances[index] += amount;
            }
        };
        add(transfer.from, -transfer.amount);
        add(transfer.to, transfer.amount);
    }
    balances
}
