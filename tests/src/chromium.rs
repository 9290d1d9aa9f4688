//! A browser for tests: Chromium with its driver, which speaks the `WebDriver` protocol of W3C.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, process};

use crate::guard::Guard;
use crate::nats::free_port;
use crate::prepared;

/// The environment variable that names the folder of the programs, or turns the tests off.
pub const VARIABLE: &str = "EVENTKIT_CHROMIUM";

/// Stops the processes of the folder `$1`, and removes the folder.
const STOP: &str = r#"kill -KILL -- -$(cat "$1/process") 2>/dev/null; sleep 1; rm -rf "$1""#;

/// The arguments of a browser that makes no connections of its own.
const ARGUMENTS: [&str; 8] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// A running driver, which is stopped with its browsers when this is dropped, or when the test process ends.
#[derive(Debug)]
pub struct Driver {
    programs: PathBuf,
    folder: PathBuf,
    port: u16,
    process: Child,
    _guard: Guard,
}

impl Driver {
    /// Starts a driver, or returns `None` where the tests with a browser are turned off.
    ///
    /// # Panics
    ///
    /// Panics if there is no browser; the message says how to get one.
    #[must_use]
    pub fn start() -> Option<Self> {
        use std::os::unix::process::CommandExt;
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let programs = prepared::path("chromium/prepare", VARIABLE)?;
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("eventkit-{}-{number}-chromium", process::id()));
        fs::create_dir_all(&folder).expect("a folder for the browser");
        let port = free_port();
        let process = Command::new(programs.join("chromedriver"))
            .arg(format!("--port={port}"))
            // A group of its own, so that the browsers end with it.
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        fs::write(folder.join("process"), process.id().to_string()).expect("the id of the process");
        Some(Self {
            programs,
            port,
            process,
            _guard: Guard::new(STOP, &folder),
            folder,
        })
    }

    /// Returns the URL of the driver.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns the path of the browser.
    #[must_use]
    pub fn browser(&self) -> String {
        self.programs
            .join("chromium")
            .to_string_lossy()
            .into_owned()
    }

    /// Returns the arguments of the browser.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let profile = format!("--user-data-dir={}", self.folder.join("profile").display());
        ARGUMENTS
            .iter()
            .map(ToString::to_string)
            .chain([profile])
            .collect()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
        let _ = fs::remove_file(self.folder.join("process"));
    }
}
