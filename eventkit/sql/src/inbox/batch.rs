//! The execution of many operations at once.

use eventkit_service::Claim;

use super::operation::{Answer, Operation, OperationKind, number};
use crate::batch_statements::{BatchStatements, Forms, MAX_ROWS};
use crate::database::SqlDatabase;
use crate::key::Key;
use crate::value::Value;

/// A connection on which operations are executed together.
///
/// Each statement is a transaction. Up to [`MAX_ROWS`] claims and completions take one; there are others if claims
/// are released, renewed or refused.
pub(super) struct Batch<'b, DB: SqlDatabase> {
    pub(super) connection: &'b mut DB::Connection,
    pub(super) statements: &'b BatchStatements,
    pub(super) window: i64,
}

/// The entry of an event in an inbox.
#[derive(Debug, Clone, Copy)]
struct Entry {
    token: Option<i64>,
    is_completed: bool,
}

impl<DB: SqlDatabase> Batch<'_, DB> {
    /// Executes operations, and returns the answer to each.
    pub(super) async fn execute(
        &mut self,
        operations: &[&Operation],
    ) -> Result<Vec<Answer>, sqlx::Error> {
        self.release(operations).await?;
        let renewed = self.renew(operations).await?;
        let settled = self.settle(operations).await?;
        if renewed && settled {
            return Ok(operations.iter().map(|own| success(own.kind)).collect());
        }
        let entries = self.read(operations).await?;
        let answers = operations.iter().zip(entries);
        Ok(answers
            .map(|(own, entry)| answer(own.kind, entry))
            .collect())
    }

    async fn release(&mut self, operations: &[&Operation]) -> Result<(), sqlx::Error> {
        let rows = operations.iter().filter_map(|own| match own.kind {
            OperationKind::Release { token } => Some([own.key.value(), number(token)]),
            _ => None,
        });
        let rows: Vec<_> = rows.collect();
        self.change(&self.statements.release, &rows, None).await?;
        Ok(())
    }

    /// Returns whether all claims were renewed.
    async fn renew(&mut self, operations: &[&Operation]) -> Result<bool, sqlx::Error> {
        let rows = operations.iter().filter_map(|own| match own.kind {
            OperationKind::Renew { token, lease } => {
                Some([own.key.value(), number(token), Value::Integer(lease)])
            }
            _ => None,
        });
        let rows: Vec<_> = rows.collect();
        self.change(&self.statements.renew, &rows, None).await
    }

    /// Completes and then claims; returns whether all claims were granted.
    async fn settle(&mut self, operations: &[&Operation]) -> Result<bool, sqlx::Error> {
        let completions = operations.iter().filter_map(|own| match own.kind {
            OperationKind::Complete => Some(row(&own.key, Value::Null, Value::Null)),
            _ => None,
        });
        let claims = operations.iter().filter_map(|own| match own.kind {
            OperationKind::Claim { token, lease } => {
                Some(row(&own.key, number(token), Value::Integer(lease)))
            }
            _ => None,
        });
        let rows: Vec<_> = completions.chain(claims).collect();
        let window = Some(Value::Integer(self.window));
        self.change(&self.statements.settle, &rows, window).await
    }

    /// Executes a statement on rows; returns whether each has changed an entry.
    async fn change<const COLUMNS: usize>(
        &mut self,
        forms: &Forms<COLUMNS>,
        rows: &[[Value<'_>; COLUMNS]],
        last: Option<Value<'_>>,
    ) -> Result<bool, sqlx::Error> {
        let mut changed = 0;
        for rows in rows.chunks(MAX_ROWS) {
            let (statement, mut values) = forms.fill(rows);
            values.extend(last);
            changed += DB::execute(self.connection, statement, &values).await?;
        }
        Ok(usize::try_from(changed).is_ok_and(|changed| changed == rows.len()))
    }

    /// Reads what there is about the event of each operation.
    async fn read(&mut self, operations: &[&Operation]) -> Result<Vec<Option<Entry>>, sqlx::Error> {
        let rows = operations.iter().zip(0..);
        let rows = rows.map(|(own, at)| [own.key.value(), Value::Integer(at)]);
        let rows: Vec<_> = rows.collect();
        let mut entries = vec![None; operations.len()];
        for rows in rows.chunks(MAX_ROWS) {
            let (statement, values) = self.statements.read.fill(rows);
            for row in DB::fetch(self.connection, statement, &values).await? {
                let at = DB::integer(&row, 0)?.and_then(|at| usize::try_from(at).ok());
                if let Some(entry) = at.and_then(|at| entries.get_mut(at)) {
                    *entry = Some(Entry {
                        token: DB::integer(&row, 1)?,
                        is_completed: DB::boolean(&row, 2)?,
                    });
                }
            }
        }
        Ok(entries)
    }
}

/// Returns the row of an entry that is claimed, or completed.
fn row<'v>(key: &'v Key, token: Value<'v>, lease: Value<'v>) -> [Value<'v>; 6] {
    let [digest, source, id, subscription] = key.values();
    [digest, source, id, subscription, token, lease]
}

/// Returns the answer to an operation that has changed its entry.
fn success(kind: OperationKind) -> Answer {
    match kind {
        OperationKind::Claim { token, .. } => Answer::Claimed(Claim::Granted(token)),
        _ => Answer::Changed(true),
    }
}

/// Returns the answer to an operation after which the inbox has an entry, or none.
fn answer(kind: OperationKind, entry: Option<Entry>) -> Answer {
    let (OperationKind::Claim { token, .. } | OperationKind::Renew { token, .. }) = kind else {
        return success(kind);
    };
    let is_completed = entry.is_some_and(|entry| entry.is_completed);
    let own = Some(token.get().cast_signed());
    let is_held = !is_completed && entry.is_some_and(|entry| entry.token == own);
    match kind {
        _ if is_held => success(kind),
        OperationKind::Claim { .. } if is_completed => Answer::Claimed(Claim::Completed),
        OperationKind::Claim { .. } => Answer::Claimed(Claim::InProgress),
        _ => Answer::Changed(false),
    }
}
