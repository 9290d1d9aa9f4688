//! PostgreSQL.

use std::error::Error;
use std::time::Duration;

use eventkit::transport::BoxFuture;
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgListener};
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool, Postgres, Row};
use tokio::time::timeout;

use super::operations::{MissingRights, Never, Operations, Wakeups};
use super::{BatchStatements, Dialect, Schema, Statement, Statements, Value};

const NOW: &str = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";

/// A subselect, because a volatile function cannot be used in an index condition.
const FIXED_NOW: &str = "(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint)";

/// The key of the advisory lock that guards the creation of the tables: "eventkit" in ASCII.
const MIGRATION_LOCK: i64 = 0x6576_656e_746b_6974;

/// The rights that the user lacks: to create what is not there, or to use the tables that are.
///
/// The catalogs can be read without any right, unlike a table whose schema the user may not use.
const MISSING_RIGHTS: &str = "
    WITH schema AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
    tables AS (
        SELECT pg_class.oid, relname FROM pg_class JOIN schema ON relnamespace = schema.oid
        WHERE relkind IN ('r', 'p') AND relname IN ('migrations', 'inbox', 'outbox', 'relay')
    )
    SELECT 'CREATE on the database ' || current_database()
    WHERE NOT EXISTS (SELECT FROM schema)
        AND NOT has_database_privilege(current_database(), 'CREATE')
    UNION ALL
    SELECT lacking || ' on the schema ' || $1 FROM schema, unnest(ARRAY['USAGE', 'CREATE']) AS lacking
    WHERE (lacking = 'USAGE' OR NOT EXISTS (SELECT FROM tables))
        AND NOT has_schema_privilege(oid, lacking)
    UNION ALL
    SELECT lacking || ' on the table ' || $1 || '.' || relname
    FROM tables, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS lacking
    WHERE CASE relname WHEN 'migrations' THEN lacking = 'SELECT' WHEN 'relay' THEN lacking <> 'DELETE'
            ELSE true END
        AND NOT has_table_privilege(oid, lacking)";

impl Operations for Postgres {
    const BEGIN: &'static str = "BEGIN";
    // At any other level, tables that were created before this acquired the lock would be
    // invisible.
    const BEGIN_MIGRATION: &'static str = "BEGIN ISOLATION LEVEL READ COMMITTED";
    const POLL_INTERVAL: Duration = Duration::from_secs(1);

    fn statements(schema: &Schema) -> Statements {
        Statements::new(&Dialect {
            prefix: format!("\"{}\".", schema.as_str()),
            now: NOW,
            fixed_now: FIXED_NOW,
            claim_condition: "pg_try_advisory_xact_lock($5)",
            transaction: "txid_current()",
            in_positions: "= ANY ($1)",
            events: "unnest($1::text[]) WITH ORDINALITY AS events (value, number) ORDER BY number",
        })
    }

    fn batch_statements(_: &Schema) -> Option<BatchStatements> {
        None
    }

    fn missing_rights<'a>(
        connection: &'a mut PgConnection,
        schema: &'a Schema,
    ) -> BoxFuture<'a, Result<Option<MissingRights>, sqlx::Error>> {
        Box::pin(async move {
            let missing = sqlx::query_scalar(MISSING_RIGHTS).bind(schema.as_str());
            let rights: Vec<String> = missing.fetch_all(&mut *connection).await?;
            if rights.is_empty() {
                return Ok(None);
            }
            let user = sqlx::query_scalar("SELECT current_user::text");
            let user = user.fetch_one(connection).await?;
            Ok(Some(MissingRights { user, rights }))
        })
    }

    fn prepare_migration<'a>(
        connection: &'a mut PgConnection,
        schema: &'a Schema,
    ) -> BoxFuture<'a, Result<bool, sqlx::Error>> {
        Box::pin(async move {
            sqlx::query("SELECT pg_advisory_xact_lock($1)")
                .bind(MIGRATION_LOCK)
                .execute(&mut *connection)
                .await?;
            let exists = sqlx::query("SELECT 1 FROM pg_namespace WHERE nspname = $1");
            let exists = exists.bind(schema.as_str());
            if exists.fetch_optional(&mut *connection).await?.is_none() {
                // Not `IF NOT EXISTS`, which requires the privilege to create a schema even if it
                // exists.
                let create = AssertSqlSafe(format!("CREATE SCHEMA \"{}\"", schema.as_str()));
                connection.execute(create).await?;
            }
            sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
                .bind(format!("\"{}\".migrations", schema.as_str()))
                .fetch_one(connection)
                .await
        })
    }

    fn check(
        connection: &mut PgConnection,
        number: i64,
    ) -> BoxFuture<'_, Result<bool, sqlx::Error>> {
        // PostgreSQL reports success for the commit of a transaction in which a statement failed.
        Box::pin(async move {
            let current = "SELECT coalesce(txid_current_if_assigned() = $1, false)";
            sqlx::query_scalar(current)
                .bind(number)
                .fetch_one(connection)
                .await
        })
    }

    fn database_error<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e dyn DatabaseError> {
        error
            .downcast_ref::<PgDatabaseError>()
            .map(|error| error as _)
    }

    fn store_all<'a>(
        connection: &'a mut PgConnection,
        statements: &'a Statements,
        events: &'a [String],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let store = sqlx::query(statements.store_all.sql()).bind(events);
            store.execute(connection).await?;
            Ok(())
        })
    }

    fn mark<'a>(
        connection: &'a mut PgConnection,
        statements: &'a Statements,
        positions: &'a [i64],
    ) -> BoxFuture<'a, Result<(), sqlx::Error>> {
        Box::pin(async move {
            let mark = sqlx::query(statements.mark.sql()).bind(positions);
            mark.execute(connection).await?;
            Ok(())
        })
    }

    fn listen<'a>(
        pool: &'a PgPool,
        schema: &'a Schema,
    ) -> BoxFuture<'a, Result<Box<dyn Wakeups>, sqlx::Error>> {
        Box::pin(async move {
            if pool.options().get_max_connections() == 1 {
                // The listener would leave no connection for the relay.
                let never: Box<dyn Wakeups> = Box::new(Never);
                return Ok(never);
            }
            let mut listener = PgListener::connect_with(pool).await?;
            let channel = format!("{}_outbox", schema.as_str());
            listener.listen(&channel).await?;
            let listener: Box<dyn Wakeups> = Box::new(listener);
            Ok(listener)
        })
    }

    shared_operations!();
}

impl Wakeups for PgListener {
    fn next(&mut self) -> BoxFuture<'_, Result<(), sqlx::Error>> {
        Box::pin(async move {
            self.recv().await?;
            // Several transactions may have notified a busy relay, and one poll serves all of them.
            while let Ok(more) = timeout(Duration::ZERO, self.recv()).await {
                more?;
            }
            Ok(())
        })
    }
}

bind!(Postgres);

fn first_version(schema: &str) -> String {
    format!(
        "CREATE TABLE \"{schema}\".migrations (
             version integer PRIMARY KEY,
             applied_at timestamptz NOT NULL DEFAULT now()
         );
         CREATE TABLE \"{schema}\".inbox (
             key bytea PRIMARY KEY,
             source text NOT NULL,
             id text NOT NULL,
             subscription text NOT NULL,
             token bigint,
             leased_until bigint,
             completed_at bigint
         );
         CREATE INDEX inbox_expiry ON \"{schema}\".inbox (coalesce(completed_at, leased_until));
         CREATE TABLE \"{schema}\".outbox (
             position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             event text NOT NULL,
             key text UNIQUE,
             due bigint NOT NULL,
             published_at bigint,
             error text
         );
         CREATE INDEX outbox_due ON \"{schema}\".outbox (due, position) WHERE published_at IS NULL;
         CREATE INDEX outbox_published ON \"{schema}\".outbox (published_at)
             WHERE published_at IS NOT NULL;
         CREATE TABLE \"{schema}\".relay (
             row integer PRIMARY KEY CHECK (row = 1),
             token bigint NOT NULL,
             leased_until bigint NOT NULL
         );
         INSERT INTO \"{schema}\".relay (row, token, leased_until) VALUES (1, 0, 0);
         CREATE FUNCTION \"{schema}\".notify_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
                 PERFORM pg_notify('{schema}_outbox', '');
                 RETURN NULL;
             END
         $$;
         CREATE TRIGGER outbox_stored AFTER INSERT ON \"{schema}\".outbox
             FOR EACH STATEMENT EXECUTE FUNCTION \"{schema}\".notify_outbox();
         INSERT INTO \"{schema}\".migrations (version) VALUES (1);"
    )
}
