//! A service of eventkit.

use std::future::pending;

use eventkit::transport::Transport;
use eventkit::{BoxError, Dispatcher, Registry};
use eventkit_service::{Service, ServiceBuilder, ServiceHandle};
use tokio::task::JoinHandle;

use super::contender::{Ending, Handled, Running};

struct RunningService {
    handle: ServiceHandle,
    task: JoinHandle<Result<(), BoxError>>,
}

/// Starts a service with the handlers of a registry.
///
/// # Errors
///
/// Returns an error if the service cannot be built.
pub async fn start(
    transport: impl Transport + 'static,
    name: String,
    handled: Handled,
    registry: &'static Registry,
    configure: impl FnOnce(ServiceBuilder) -> Result<ServiceBuilder, BoxError>,
) -> Result<Box<dyn Running>, BoxError> {
    let app = Dispatcher::new(registry).state(handled).build()?;
    let service = Service::new(name, &app).transport(transport);
    let service = configure(service)?.build()?;
    let handle = service.handle();
    let task = tokio::spawn(async move {
        service.run_until(pending()).await?;
        Ok(())
    });
    Ok(Box::new(RunningService { handle, task }))
}

impl Running for RunningService {
    fn end(self: Box<Self>) -> Ending {
        Box::pin(async move {
            self.handle.stop();
            self.task.await?
        })
    }
}
