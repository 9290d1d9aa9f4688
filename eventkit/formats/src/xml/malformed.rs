//! The error of text that is not the expected XML.

use thiserror::Error;

/// The error for text that is not well-formed, or not a document of events.
#[derive(Debug, Error)]
pub(super) enum Malformed {
    #[error("the text is not UTF-8")]
    NotUtf8,
    #[error("the document is not in version 1.0 of XML and UTF-8")]
    Declaration,
    #[error("the document has a document type declaration")]
    DocumentType,
    #[error("the text ends within an element")]
    Truncated,
    #[error("the text has a character that XML forbids, U+{0:04X}")]
    Character(u32),
    #[error("the entity `{0}` is none of the five of XML")]
    Entity(String),
    #[error("a character reference is malformed")]
    CharacterReference,
    #[error("`]]>` is present in text")]
    EndOfCdata,
    #[error("`{0}` is not a name")]
    Name(String),
    #[error("the attributes of an element are malformed")]
    Attributes,
    #[error("the prefix `{0}` is not declared")]
    Prefix(String),
    #[error("a namespace declaration is reserved or empty")]
    Namespace,
    #[error("there are more than {1} {0}")]
    TooMany(&'static str, usize),
    #[error("an attribute of an element is present twice")]
    AttributeTwice,
    #[error("text outside of the attributes and the data")]
    Text,
    #[error("the element `{found}`, expected `{expected}` of the namespace of CloudEvents")]
    Element {
        found: String,
        expected: &'static str,
    },
    #[error("the element `{0}` is not in the namespace of CloudEvents")]
    Foreign(String),
    #[error("more than one element in the document")]
    SecondRoot,
    #[error("the element `{0}` has an element in it")]
    Child(String),
    #[error("the element `data` is present twice")]
    DataTwice,
    #[error("the type of the element `data` is not `xs:string`, `xs:base64Binary` or `xs:any`")]
    DataType,
    #[error("data of the type `xs:any` is not one element")]
    DataElement,
    #[error("data of the type `xs:base64Binary` is not Base64")]
    DataBase64(#[source] base64::DecodeError),
    #[error(transparent)]
    Syntax(#[from] quick_xml::Error),
}

/// Returns the start of text from a message.
pub(super) fn excerpt(text: &str) -> String {
    text.chars().take(100).collect()
}
