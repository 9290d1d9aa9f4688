//! An operation on the entry of an event.

use std::sync::Arc;

use eventkit_service::{Claim, ClaimToken};

use crate::database::{SqlDatabase, is_completed};
use crate::key::Key;
use crate::schema::Statements;
use crate::value::Value;

/// An operation on the entry of a key.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) key: Arc<Key>,
    pub(super) kind: OperationKind,
}

/// The kind of an operation; leases are in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(super) enum OperationKind {
    Claim { token: ClaimToken, lease: i64 },
    Renew { token: ClaimToken, lease: i64 },
    Complete,
    Release { token: ClaimToken },
}

/// The answer to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Claimed(Claim),
    /// Whether a row was changed.
    Changed(bool),
}

impl Operation {
    /// Executes the operation by itself.
    pub(super) async fn execute<DB: SqlDatabase>(
        &self,
        connection: &mut DB::Connection,
        statements: &Statements,
        window: i64,
    ) -> Result<Answer, sqlx::Error> {
        let [digest, source, id, subscription] = self.key.values();
        let changed = match self.kind {
            OperationKind::Claim { token, lease } => {
                let (lease, window) = (Value::Integer(lease), Value::Integer(window));
                let values = [
                    digest,
                    source,
                    id,
                    subscription,
                    number(token),
                    lease,
                    window,
                ];
                let granted = DB::fetch(connection, &statements.claim, &values).await?;
                if !granted.is_empty() {
                    return Ok(Answer::Claimed(Claim::Granted(token)));
                }
                let is_completed = is_completed::<DB>(connection, statements, &self.key.digest);
                return Ok(Answer::Claimed(match is_completed.await? {
                    Some(true) => Claim::Completed,
                    _ => Claim::InProgress,
                }));
            }
            OperationKind::Renew { token, lease } => {
                let values = [digest, number(token), Value::Integer(lease)];
                DB::execute(connection, &statements.renew, &values).await?
            }
            OperationKind::Complete => {
                let values = [digest, source, id, subscription];
                DB::execute(connection, &statements.complete, &values).await?
            }
            OperationKind::Release { token } => {
                let values = [digest, number(token)];
                DB::execute(connection, &statements.release, &values).await?
            }
        };
        Ok(Answer::Changed(changed > 0))
    }
}

/// Returns the value of a token.
pub(super) fn number<'a>(token: ClaimToken) -> Value<'a> {
    Value::Integer(token.get().cast_signed())
}
