use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use eventkit::{BoxError, DispatchError, Dispatcher, Event};
use shop::{Bank, SHOP};

async fn receive(State(app): State<Dispatcher>, event: Event) -> Result<StatusCode, DispatchError> {
    app.dispatch_async(&event).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let app = Dispatcher::new(&SHOP)
        .state(Bank {
            limit_cents: 50_000,
        })
        .cascade(1) // dispatches what handlers return, too
        .build()?;
    let routes = Router::new()
        .route("/events", post(receive))
        .with_state(app);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    axum::serve(listener, routes).await?;
    Ok(())
}
