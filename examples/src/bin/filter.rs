//! Evaluates a CESQL expression on an event, and prints the result of each step.
//!
//! ```sh
//! cargo run -p eventkit-examples --bin filter -- "subject LIKE 'eu-%' AND priority > 3" < event.json
//! cargo run -p eventkit-examples --bin filter                        # with an event of its own
//! cargo run -p eventkit-examples --bin filter --release -- --time    # ns for three typical filters
//! ```

use std::error::Error;
use std::hint::black_box;
use std::io::{self, IsTerminal, Read};
use std::time::Instant;

use eventkit::Event;
use eventkit::filter::Filter;
use eventkit::filter::cesql::Expression;
use eventkit::format::{Format, Json};

const EVENT: &str = r#"{
    "specversion": "1.0", "id": "A-1", "source": "/shop/orders", "type": "co.outcome.order.placed",
    "subject": "eu-7", "priority": 4
}"#;

const EXPRESSION: &str =
    "type LIKE '%.placed' AND (subject LIKE 'us-%' OR priority * 2 > 7) AND NOT EXISTS test";

fn main() -> Result<(), Box<dyn Error>> {
    let argument = std::env::args().nth(1);
    if argument.as_deref() == Some("--time") {
        return time();
    }
    let mut json = String::new();
    if argument.is_some() && !io::stdin().is_terminal() {
        io::stdin().read_to_string(&mut json)?;
    }
    let json = if json.is_empty() {
        EVENT.to_owned()
    } else {
        json
    };
    let event = Json.decode(json.into())?;
    let text = argument.as_deref().unwrap_or(EXPRESSION);
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => {
            eprintln!("{error}\n\n{}", error.caret());
            std::process::exit(1);
        }
    };
    let explanation = expression.explain(&event);
    println!("{explanation}\n");
    let passes = if explanation.evaluation().passes() {
        "passes"
    } else {
        "does not pass"
    };
    println!("{event} {passes}");
    Ok(())
}

/// Measures the evaluation of a filter, and of many filters on one event.
fn time() -> Result<(), Box<dyn Error>> {
    const TIMES: u32 = 1_000_000;
    let event: Event = Json.decode(EVENT.into())?;
    let filters = [
        Filter::exact([("type", "co.outcome.order.placed")])?,
        Filter::sql("subject LIKE 'eu-%' AND priority > 3")?,
        Filter::sql(
            "(type IN ('a', 'b', 'co.outcome.order.placed') AND UPPER(LEFT(subject, 2)) = 'EU') OR id = 'x'",
        )?,
    ];
    for filter in &filters {
        let took = nanoseconds(std::slice::from_ref(filter), &event, TIMES)?;
        println!("{took:>7} ns  {filter}");
    }
    for count in [1_u32, 100, 1000] {
        let of_subject = |n: u32| Filter::sql(&format!("subject LIKE 'eu-%' AND priority > {n}"));
        let filters = (0..count)
            .map(of_subject)
            .collect::<Result<Vec<Filter>, _>>()?;
        let took = nanoseconds(&filters, &event, TIMES / 10 / count)?;
        println!("{took:>7} ns  {count} filters on one event");
    }
    Ok(())
}

/// Returns the time of evaluating all filters once, in nanoseconds.
fn nanoseconds(filters: &[Filter], event: &Event, times: u32) -> Result<u128, Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..times {
        for filter in filters {
            black_box(black_box(filter).evaluate(black_box(event))?);
        }
    }
    Ok(start.elapsed().as_nanos() / u128::from(times))
}
