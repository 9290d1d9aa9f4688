//! The steps of the features.

use bytes::Bytes;
use eventkit::Event;
use eventkit::binding::kafka::{self, Message};
use eventkit::event::AttributeRef;
use gherkin::Step;
use http::Request;
use serde_json::Value;

/// The state that the steps of a scenario share.
#[derive(Default)]
struct World {
    request: Option<Request<Bytes>>,
    message: Message,
    event: Option<Event>,
}

type Outcome = Result<(), String>;

/// Runs the steps of a scenario, or returns the step that failed and why.
pub(crate) fn run<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Outcome {
    let mut world = World::default();
    for step in steps {
        world
            .take(step)
            .map_err(|failure| format!("{}: {failure}", step.value))?;
    }
    Ok(())
}

impl World {
    fn take(&mut self, step: &Step) -> Outcome {
        match step.value.as_str() {
            "HTTP Protocol Binding is supported" | "Kafka Protocol Binding is supported" => Ok(()),
            "an HTTP request" => {
                self.request = Some(request(text(step)?)?);
                Ok(())
            }
            "parsed as HTTP request" => {
                let request = self.request.take().ok_or("there is no request")?;
                self.event = Some(Event::try_from(request).map_err(|error| error.to_string())?);
                Ok(())
            }
            "a Kafka message with payload:" => {
                self.message.value = Some(Bytes::copy_from_slice(text(step)?.as_bytes()));
                Ok(())
            }
            "Kafka headers:" => {
                let headers = rows(step)?.iter();
                let headers = headers.map(|row| (row[0].clone().into(), row[1].clone().into()));
                self.message.headers = headers.collect();
                Ok(())
            }
            "parsed as Kafka message" => {
                let message = std::mem::take(&mut self.message);
                let event = kafka::decode(&message.headers, message.value);
                self.event = Some(event.map_err(|error| error.to_string())?);
                Ok(())
            }
            "the attributes are:" => self.has_attributes(step),
            "the data is equal to the following JSON:" => self.has_data(step),
            _ => Err("unknown step".to_owned()),
        }
    }

    fn event(&self) -> Result<&Event, String> {
        self.event
            .as_ref()
            .ok_or_else(|| "there is no event".to_owned())
    }

    /// Checks that an event has exactly the attributes of a table of names and values.
    fn has_attributes(&self, step: &Step) -> Outcome {
        const OPTIONAL: [&str; 4] = ["datacontenttype", "dataschema", "subject", "time"];
        let event = self.event()?;
        let rows = rows(step)?;
        for row in rows {
            let found = event.attribute(&row[0]).map(AttributeRef::into_text);
            if found.as_deref() != Some(&*row[1]) {
                return Err(format!("`{}` is {found:?}, expected {:?}", row[0], row[1]));
            }
        }
        let optional = OPTIONAL
            .iter()
            .filter(|name| event.attribute(name).is_some());
        let count = 4 + optional.count() + event.extensions().len();
        if count == rows.len() {
            Ok(())
        } else {
            Err(format!(
                "{count} attributes, expected {}: {event:?}",
                rows.len()
            ))
        }
    }

    fn has_data(&self, step: &Step) -> Outcome {
        let expected: Value =
            serde_json::from_str(text(step)?).map_err(|error| error.to_string())?;
        let found: Value = self.event()?.data_as().map_err(|error| error.to_string())?;
        if found == expected {
            Ok(())
        } else {
            Err(format!("the data is {found}, expected {expected}"))
        }
    }
}

/// Returns the rows of a table of keys and values.
fn rows(step: &Step) -> Result<&[Vec<String>], String> {
    let table = step.table().ok_or("there is no table")?;
    let (head, rows) = table.rows.split_first().ok_or("the table is empty")?;
    if head[..] == ["key", "value"] {
        Ok(rows)
    } else {
        Err(format!("a table of {head:?}"))
    }
}

fn text(step: &Step) -> Result<&str, String> {
    let text = step.docstring().ok_or("there is no text")?;
    Ok(text.trim_matches('\n'))
}

/// Parses a request of a feature: request line, headers, an empty line, and the body.
fn request(text: &str) -> Result<Request<Bytes>, String> {
    let (head, body) = text.split_once("\n\n").ok_or("there is no body")?;
    let mut lines = head.lines();
    let line: Vec<&str> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, target, _version] = line[..] else {
        return Err(format!("{line:?} is not a request line"));
    };
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header has no colon")?;
        request = request.header(name.trim(), value.trim());
    }
    request
        .body(Bytes::copy_from_slice(body.as_bytes()))
        .map_err(|error| error.to_string())
}

#[test]
fn a_failed_step_is_reported() {
    let holds = |attributes: &str, data: &str| {
        let text = format!(
            "\
Feature: F
    Scenario: S
    Given an HTTP request
        \"\"\"
        POST / HTTP/1.1
        ce-specversion: 1.0
        ce-id: 1
        ce-source: /s
        ce-type: t
        Content-Type: application/json

        [1]
        \"\"\"
    When parsed as HTTP request
    Then the attributes are:
        | key | value |
        | specversion | 1.0 |
        | id | 1 |
        | source | /s |
        | type | t |
        {attributes}
    And the data is equal to the following JSON:
        \"\"\"
        {data}
        \"\"\"
"
        );
        let feature = gherkin::Feature::parse(text, gherkin::GherkinEnv::default()).unwrap();
        run(&feature.scenarios[0].steps)
    };
    let content_type = "| datacontenttype | application/json |";
    assert_eq!(holds(content_type, "[1]"), Ok(()));
    let data = holds(content_type, "[2]").unwrap_err();
    assert!(data.ends_with("the data is [1], expected [2]"), "{data}");
    let wrong = holds("| datacontenttype | text/plain |", "[1]").unwrap_err();
    assert!(wrong.contains("expected \"text/plain\""), "{wrong}");
    let fewer = holds("", "[1]").unwrap_err();
    assert!(fewer.contains("5 attributes, expected 4"), "{fewer}");
}
