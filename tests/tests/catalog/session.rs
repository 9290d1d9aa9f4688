//! A session of a browser: the `WebDriver` protocol of W3C over HTTP.

use std::time::{Duration, Instant};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eventkit_tests::chromium::Driver;
use reqwest::{Client, Method};
use serde_json::{Value, json};

/// The time limit for the driver to start.
const PATIENCE: Duration = Duration::from_mins(2);

/// A browser with one page.
#[derive(Debug)]
pub(crate) struct Session {
    _driver: Driver,
    client: Client,
    url: String,
}

/// The size of the window, and the colours that the user prefers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) scheme: &'static str,
}

impl Session {
    /// Starts a browser, or returns `None` where the tests with one are turned off.
    pub(crate) async fn start() -> Option<Self> {
        let driver = Driver::start()?;
        let client = Client::builder().no_proxy().build().unwrap();
        let began = Instant::now();
        while client
            .get(format!("{}/status", driver.url()))
            .send()
            .await
            .is_err()
        {
            assert!(began.elapsed() < PATIENCE, "chromedriver does not start");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let options = json!({ "binary": driver.browser(), "args": driver.arguments() });
        let wanted = json!({ "browserName": "chrome", "goog:chromeOptions": options });
        let body = json!({ "capabilities": { "alwaysMatch": wanted } });
        let url = format!("{}/session", driver.url());
        let created = command(&client, Method::POST, &url, Some(body)).await;
        let id = created["sessionId"].as_str().unwrap();
        Some(Self {
            url: format!("{url}/{id}"),
            _driver: driver,
            client,
        })
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        command(
            &self.client,
            Method::POST,
            &format!("{}{path}", self.url),
            Some(body),
        )
        .await
    }

    /// Opens a page.
    pub(crate) async fn open(&self, url: &str) {
        self.post("/url", json!({ "url": url })).await;
    }

    /// Sets the size of the window and the preferred colours.
    pub(crate) async fn view(&self, view: View) {
        let View {
            width,
            height,
            scheme,
        } = view;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics)
            .await;
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        )
        .await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post(
            "/goog/cdp/execute",
            json!({ "cmd": command, "params": parameters }),
        )
        .await
    }

    /// Runs the body of a function in the page, and returns its result.
    pub(crate) async fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", json!({ "script": script, "args": [] }))
            .await
    }

    /// Types into the element that a selector finds.
    pub(crate) async fn write(&self, selector: &str, text: &str) {
        let found = self
            .post(
                "/element",
                json!({ "using": "css selector", "value": selector }),
            )
            .await;
        let id = found
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        self.post(&format!("/element/{id}/clear"), json!({})).await;
        self.post(&format!("/element/{id}/value"), json!({ "text": text }))
            .await;
    }

    /// Clicks the element that a selector finds.
    pub(crate) async fn click(&self, selector: &str) {
        let found = self
            .post(
                "/element",
                json!({ "using": "css selector", "value": selector }),
            )
            .await;
        let id = found
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned();
        self.post(&format!("/element/{id}/click"), json!({})).await;
    }

    /// Returns an image of the whole page in PNG.
    pub(crate) async fn screenshot(&self) -> Vec<u8> {
        let image = self
            .devtools(
                "Page.captureScreenshot",
                json!({ "captureBeyondViewport": true }),
            )
            .await;
        BASE64_STANDARD
            .decode(image["data"].as_str().unwrap())
            .unwrap()
    }
}

/// Sends a command, and returns its value.
async fn command(client: &Client, method: Method, url: &str, body: Option<Value>) -> Value {
    let mut request = client
        .request(method, url)
        .header("content-type", "application/json");
    if let Some(body) = body {
        request = request.body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let is_success = response.status().is_success();
    let mut answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    assert!(is_success, "{url}: {answer:#}");
    answer["value"].take()
}
