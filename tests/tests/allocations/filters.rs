//! Allocations of filters, which need none unless they create strings.

use eventkit::Event;
use eventkit::filter::Filter;
use eventkit_performance::allocations::count;

#[test]
fn filters_that_create_no_strings_do_not_allocate() {
    let builder = Event::builder()
        .id("1")
        .source("/s")
        .ty("co.outcome.order.placed");
    let event = builder
        .subject("eu-7")
        .extension("priority", 4)
        .build()
        .unwrap();
    let filters = [
        Filter::exact([("type", "co.outcome.order.placed")]).unwrap(),
        Filter::prefix([("subject", "eu-")]).unwrap(),
        Filter::suffix([("type", ".placed")]).unwrap(),
        Filter::sql("subject LIKE 'eu-%' AND priority > 3").unwrap(),
        Filter::sql("EXISTS priority AND NOT EXISTS test AND priority * 2 - 1 = 7").unwrap(),
        Filter::sql("type IN ('a', 'co.outcome.order.placed') OR LENGTH(subject) > 9").unwrap(),
    ];
    for filter in &filters {
        let before = count();
        let passes = filter.evaluate(&event).unwrap();
        let allocated = count() - before;
        assert!(passes, "{filter}");
        assert_eq!(allocated, 0, "{filter}");
    }
}
