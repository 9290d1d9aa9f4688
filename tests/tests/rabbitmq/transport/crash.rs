//! An event that ends its process is found, in worker processes, and no other event is taken for it.

use std::collections::BTreeSet;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use eventkit::{Event, Registry};
use eventkit_rabbitmq::RabbitMq;
use eventkit_service::DeadLetters;
use tokio::time::{sleep, timeout};

use super::{event, publish, start};
use crate::node::Node;

/// The variables of a worker process.
const URL: &str = "EVENTKIT_TEST_WORKER_URL";
const EXCHANGE: &str = "EVENTKIT_TEST_WORKER_EXCHANGE";
const DONE: &str = "EVENTKIT_TEST_WORKER_DONE";

const COUNT: usize = 40;
const POISON: &str = "17";

/// Eight runs as `eventkit-service` promises, and two for processes that are slow to start.
const MAX_CRASHES: usize = 10;

const PATIENCE: Duration = Duration::from_mins(3);

/// The worker, which is a test of its own in another process, and nothing in this one.
#[tokio::test(flavor = "multi_thread")]
async fn worker() {
    let (Ok(url), Ok(exchange), Ok(done)) = (env::var(URL), env::var(EXCHANGE), env::var(DONE))
    else {
        return;
    };
    let rabbitmq = RabbitMq::connect(url).exchange(exchange).open().await;
    let registry = Registry::new("tests");
    registry
        .with_name("fragile")
        .register("t", move |event: &Event| {
            if event.id() == POISON {
                std::process::abort();
            }
            let mut options = OpenOptions::new();
            let mut done = options.create(true).append(true).open(&done).unwrap();
            writeln!(done, "{}", event.id()).unwrap();
        });
    let (_handle, running) = start(&registry, &rabbitmq.unwrap()).await;
    running.await.unwrap().unwrap();
}

/// A worker process; it is killed when this is dropped.
struct Process(Child);

impl Process {
    fn start(url: &str, exchange: &str, done: &Path) -> Self {
        let child = Command::new(env::current_exe().expect("the suite"))
            .args(["--exact", "transport::crash::worker"])
            .envs([(URL, url), (EXCHANGE, exchange)])
            .env(DONE, done)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(child.expect("a worker starts"))
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_ends_its_process_becomes_the_only_dead_letter() {
    let node = Node::shared();
    let Some((builder, exchange)) = node.exchange() else {
        return;
    };
    let (url, rabbitmq) = (node.url().unwrap(), builder.open().await.unwrap());
    let done = env::temp_dir().join(format!("eventkit-{}-{exchange}", std::process::id()));
    let _ = fs::remove_file(&done);
    let mut worker = Process::start(&url, &exchange, &done);
    for number in 0..COUNT {
        let event = event("t", &number.to_string()).build().unwrap();
        // The queue begins with what is published after the worker has declared it.
        let stored = timeout(PATIENCE, async {
            while rabbitmq
                .publish(&event)
                .await
                .is_ok_and(|sent| sent.unrouted)
            {
                sleep(Duration::from_millis(50)).await;
            }
        });
        stored.await.expect("a queue");
    }
    let letters = DeadLetters::new(rabbitmq.clone(), "tests");
    let mut crashes = 0;
    let found = timeout(PATIENCE, async {
        loop {
            if worker.has_ended() {
                crashes += 1;
                worker = Process::start(&url, &exchange, &done);
            }
            let listed = letters.list().await.unwrap();
            let all: BTreeSet<String> = read(&done);
            if !listed.is_empty() && all.len() == COUNT - 1 {
                break listed;
            }
            sleep(Duration::from_millis(100)).await;
        }
    });
    let found = found.await.expect("a dead letter");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].event().unwrap().id(), POISON);
    assert!(
        found[0].error.contains("ended its process"),
        "{}",
        found[0].error
    );
    assert!(crashes <= MAX_CRASHES, "{crashes} crashes");
    publish(&rabbitmq, &event("t", "last").build().unwrap()).await;
    let handled = timeout(PATIENCE, async {
        while !read(&done).contains("last") {
            sleep(Duration::from_millis(50)).await;
        }
    });
    handled.await.expect("the worker goes on");
    let _ = fs::remove_file(&done);
}

fn read(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}
