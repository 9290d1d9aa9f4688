//! The exchange of events with the XML library of Python.

use eventkit_formats::xml::Xml;
use eventkit_tests::message;
use serde_json::json;

use crate::cases::common;
use crate::exchange::{Case, assert_others_read, assert_ours_read};
use crate::peer::Peer;

fn peer() -> Option<Peer> {
    Peer::find("xml", None)
}

fn cases() -> Vec<Case> {
    let mut cases = common();
    let element = "<geo:Location xmlns:geo=\"urn:geo\" unit=\"°\"><geo:Lat>51.5 &amp; &lt;</geo:Lat>\n\
        </geo:Location>";
    cases.push(Case {
        name: "element",
        event: message::minimal()
            .data_content_type("application/xml")
            .data_text(element)
            .build()
            .unwrap(),
        data: json!(["element", element]),
    });
    cases
}

#[test]
fn the_xml_library_of_python_reads_events_and_batches() {
    if let Some(peer) = peer() {
        assert_others_read(&Xml, &peer, &cases());
    }
}

#[test]
fn events_and_batches_of_the_xml_library_of_python_are_read() {
    assert_ours_read(&Xml, peer().as_ref(), &cases(), "xml.json");
}
