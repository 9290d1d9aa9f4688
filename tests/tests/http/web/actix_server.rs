//! A server with actix-web.

use std::net::TcpListener;
use std::thread;

use actix_web::rt::System;
use actix_web::web::{PayloadConfig, get, post};
use actix_web::{App, HttpResponse, HttpServer};
use eventkit::actix::{Batch, Structured, Typed};
use eventkit::{DispatchError, Event};

use super::{BEATS, Beat, LIMIT, Sourceless};

async fn echo(event: Event) -> Event {
    event
}

async fn structured(event: Event) -> Structured {
    Structured(event)
}

async fn batch(batch: Batch) -> Batch {
    batch
}

async fn next(Typed(beat): Typed<Beat>) -> Typed<Beat> {
    Typed(beat.next())
}

async fn dispatch(event: Event) -> Result<HttpResponse, DispatchError> {
    BEATS.dispatch(&event)?;
    Ok(HttpResponse::Ok().finish())
}

async fn sourceless() -> Typed<Sourceless> {
    Typed(Sourceless)
}

async fn large() -> Vec<u8> {
    vec![0; eventkit::Limits::DEFAULT.body_bytes + 1]
}

/// Starts a server on a free port, which runs until the process ends, and returns its address.
pub(super) fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // The workers of actix have their own runtimes.
    thread::spawn(move || {
        let app = || {
            App::new()
                .app_data(PayloadConfig::new(LIMIT))
                .route("/echo", post().to(echo))
                .route("/structured", post().to(structured))
                .route("/batch", post().to(batch))
                .route("/next", post().to(next))
                .route("/dispatch", post().to(dispatch))
                .route("/sourceless", get().to(sourceless))
                .route("/large", get().to(large))
        };
        let server = HttpServer::new(app).workers(1).disable_signals();
        System::new().block_on(server.listen(listener).unwrap().run())
    });
    format!("http://{address}")
}
