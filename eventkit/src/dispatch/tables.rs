//! The routing table of a registry that may still grow, read without a lock or a counter.

use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;

use super::table::Table;

/// How many tables are kept until the registry goes.
///
/// A registry grows when the program starts, and rarely between two dispatches. While it does so
/// this often at most, a reader takes a reference; after that it counts.
const KEPT: usize = 8;

/// In the place of the number of a table: the newest is in `latest`.
const LATEST: usize = KEPT;
/// In the place of the number of a table: the next reader has to make it.
const STALE: usize = KEPT + 1;

/// The tables that a registry has had; all but the newest are out of use.
pub(super) struct Tables {
    current: AtomicUsize,
    kept: [OnceLock<Table>; KEPT],
    latest: ArcSwapOption<Table>,
}

/// A table that is looked at.
pub(crate) enum TableRef<'a> {
    Kept(&'a Table),
    Counted(Arc<Table>),
}

impl Deref for TableRef<'_> {
    type Target = Table;

    fn deref(&self) -> &Table {
        match self {
            Self::Kept(table) => table,
            Self::Counted(table) => table,
        }
    }
}

impl Tables {
    pub(super) const fn new() -> Self {
        Self {
            current: AtomicUsize::new(STALE),
            kept: [const { OnceLock::new() }; KEPT],
            latest: ArcSwapOption::const_empty(),
        }
    }

    /// Returns the table in use where it is kept, which it nearly always is.
    #[inline]
    pub(super) fn kept(&self) -> Option<&Table> {
        self.kept.get(self.current.load(Ordering::Acquire))?.get()
    }

    /// Returns the table in use, or `None` where it has to be made anew.
    pub(super) fn get(&self) -> Option<TableRef<'_>> {
        let at = self.current.load(Ordering::Acquire);
        match self.kept.get(at) {
            Some(kept) => kept.get().map(TableRef::Kept),
            None if at == LATEST => self.latest.load_full().map(TableRef::Counted),
            None => None,
        }
    }

    /// Says that the table has to be made anew. The caller holds the lock of the registry.
    pub(super) fn expire(&self) {
        self.current.store(STALE, Ordering::Release);
        self.latest.store(None);
    }

    /// Takes a new table into use. The caller holds the lock of the registry.
    pub(super) fn renew(&self, table: Table) -> TableRef<'_> {
        let Some(at) = self.kept.iter().position(|kept| kept.get().is_none()) else {
            let table = Arc::new(table);
            self.latest.store(Some(Arc::clone(&table)));
            self.current.store(LATEST, Ordering::Release);
            return TableRef::Counted(table);
        };
        let table = self.kept[at].get_or_init(|| table);
        self.current.store(at, Ordering::Release);
        TableRef::Kept(table)
    }
}
