//! The receiver of OTLP, and the telemetry that this process sends to it.

use std::collections::BTreeMap;
use std::future::pending;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;
use std::{env, fs, process};

use eventkit::{Dispatcher, Registry};
use eventkit_service::{Health, RunError, ServiceBuilder, ServiceHandle, ShutdownReport};
use eventkit_tests::interop;
use opentelemetry::global;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::SdkTracerProvider;
use serde::Deserialize;
use serde_json::Value;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;

/// More than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The telemetry of this process. All tests share it, since a process has one subscriber and one
/// meter provider, so each test uses destinations and ids of its own.
pub(crate) struct Telemetry {
    tracers: SdkTracerProvider,
    meters: SdkMeterProvider,
    file: PathBuf,
    _receiver: Child,
}

/// A span, as the receiver got it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Span {
    #[serde(rename = "span")]
    pub(crate) name: String,
    pub(crate) trace_id: String,
    pub(crate) id: String,
    pub(crate) parent_id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) state: String,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) events: Vec<Value>,
    pub(crate) links: Vec<Link>,
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Link {
    pub(crate) trace_id: String,
    pub(crate) id: String,
}

/// A data point of a metric, as the receiver got it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Point {
    pub(crate) metric: String,
    pub(crate) unit: String,
    pub(crate) kind: String,
    pub(crate) value: f64,
    pub(crate) sum: Option<f64>,
    pub(crate) attributes: BTreeMap<String, Value>,
}

impl Span {
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let value = self.attributes.get(name);
        value.and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn operation(&self) -> &str {
        self.attribute("messaging.operation.type")
    }

    pub(crate) fn event_id(&self) -> &str {
        self.attribute("cloudevents.event_id")
    }
}

impl Point {
    pub(crate) fn attribute(&self, name: &str) -> &str {
        let value = self.attributes.get(name);
        value.and_then(Value::as_str).unwrap_or_default()
    }
}

impl Telemetry {
    /// Starts the receiver, or returns `None` where Python is turned off.
    pub(crate) fn shared() -> Option<&'static Self> {
        static SHARED: OnceLock<Option<Telemetry>> = OnceLock::new();
        SHARED.get_or_init(Self::start).as_ref()
    }

    fn start() -> Option<Self> {
        let Some(python) = interop::python() else {
            let line = "telemetry: Python is turned off, so nothing is sent to a receiver\n";
            std::io::stdout().write_all(line.as_bytes()).unwrap();
            return None;
        };
        let file = env::temp_dir().join(format!("eventkit-telemetry-{}.jsonl", process::id()));
        fs::write(&file, "").unwrap();
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/sdks/python/otlp_receiver.py");
        // The receiver ends when its standard input is closed, that is, with this process.
        let mut receiver = Command::new(python)
            .arg(script)
            .arg(&file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let mut output = BufReader::new(receiver.stdout.take().unwrap());
        output.read_line(&mut port).unwrap();
        let url = format!("http://127.0.0.1:{}", port.trim());
        let tracers = tracers(&url);
        let meters = meters(&url);
        global::set_meter_provider(meters.clone());
        let layer = tracing_opentelemetry::layer().with_tracer(tracers.tracer("tests"));
        let filter = EnvFilter::new("off,eventkit=debug,telemetry=debug");
        let subscriber = tracing_subscriber::registry().with(filter).with(layer);
        tracing::subscriber::set_global_default(subscriber).unwrap();
        Some(Self {
            tracers,
            meters,
            file,
            _receiver: receiver,
        })
    }

    /// Sends what was not sent yet, and returns all that the receiver has got.
    async fn lines(&self) -> Vec<Value> {
        let (tracers, meters) = (self.tracers.clone(), self.meters.clone());
        let flushing = tokio::task::spawn_blocking(move || {
            tracers.force_flush().unwrap();
            meters.force_flush().unwrap();
        });
        flushing.await.unwrap();
        let text = fs::read_to_string(&self.file).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    /// Returns the spans that satisfy a predicate, once there are at least `count` of them.
    pub(crate) async fn spans(&self, count: usize, mut is: impl FnMut(&Span) -> bool) -> Vec<Span> {
        let mut found = Vec::new();
        let waiting = async {
            loop {
                let lines = self.lines().await;
                let spans = lines.into_iter().filter(|line| line.get("span").is_some());
                let spans = spans.map(|line| serde_json::from_value(line).unwrap());
                found = spans.filter(|span| is(span)).collect();
                if found.len() >= count {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let waited = timeout(PATIENCE, waiting).await;
        assert!(waited.is_ok(), "expected {count} spans: {found:#?}");
        found
    }

    /// Returns the latest data points of a subscription.
    pub(crate) async fn points(&self, is: impl Fn(&Point) -> bool) -> Vec<Point> {
        let mut latest = BTreeMap::new();
        for line in self.lines().await {
            if line.get("metric").is_some() {
                let point: Point = serde_json::from_value(line).unwrap();
                if is(&point) {
                    let attributes = serde_json::to_string(&point.attributes).unwrap();
                    latest.insert((point.metric.clone(), attributes), point);
                }
            }
        }
        latest.into_values().collect()
    }
}

fn tracers(url: &str) -> SdkTracerProvider {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{url}/v1/traces"))
        .build()
        .unwrap();
    let provider = SdkTracerProvider::builder();
    provider.with_batch_exporter(exporter).build()
}

fn meters(url: &str) -> SdkMeterProvider {
    let exporter = MetricExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(format!("{url}/v1/metrics"))
        .build()
        .unwrap();
    // Only when a test asks.
    let reader = PeriodicReader::builder(exporter).with_interval(Duration::from_hours(1));
    SdkMeterProvider::builder()
        .with_reader(reader.build())
        .build()
}

/// A running service.
pub(crate) struct Running {
    pub(crate) handle: ServiceHandle,
    task: JoinHandle<Result<ShutdownReport, RunError>>,
}

impl Running {
    pub(crate) async fn wait_for(&self, is: impl FnMut(&Health) -> bool) -> Health {
        let waiting = self.handle.wait_for(is);
        timeout(PATIENCE, waiting)
            .await
            .expect("the health changes")
    }

    pub(crate) async fn stop(self) {
        self.handle.stop();
        self.task.await.unwrap().unwrap();
    }
}

/// Starts a service with the handlers of a registry, and returns when it is ready.
pub(crate) async fn start(
    registry: &'static Registry,
    name: &str,
    build: impl FnOnce(ServiceBuilder) -> ServiceBuilder,
) -> Running {
    let app = Dispatcher::new(registry).build().unwrap();
    run(build(eventkit_service::Service::new(name, &app))).await
}

pub(crate) async fn run(service: ServiceBuilder) -> Running {
    let service = service.build().unwrap();
    let handle = service.handle();
    let task = tokio::spawn(service.run_until(pending()));
    let ready = timeout(PATIENCE, handle.ready()).await;
    ready.expect("the service becomes ready");
    Running { handle, task }
}
