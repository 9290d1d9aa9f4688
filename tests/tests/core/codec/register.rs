//! Errors of registering codecs.

use eventkit::codec::{RegisterError, register};

use super::added::Flipped;

#[test]
fn the_built_in_json_codec_cannot_be_replaced() {
    for media_type in [
        "application/json",
        "Text/JSON",
        "application/vnd.order+json",
        "+json",
        "+JSON",
    ] {
        assert_eq!(
            register(Flipped(media_type)),
            Err(RegisterError::BuiltIn(media_type.to_lowercase()))
        );
    }
}

#[test]
fn a_malformed_media_type_or_one_with_parameters_is_refused() {
    for media_type in [
        "",
        "+",
        "flipped",
        "application/",
        "application/x; v=1",
        "application/*",
        "application/x ",
        "+a b",
        "+a/b",
    ] {
        assert_eq!(
            register(Flipped(media_type)),
            Err(RegisterError::MediaType(media_type.to_owned())),
            "{media_type:?}"
        );
    }
}

#[test]
fn a_media_type_can_have_only_one_codec() {
    register(Flipped("application/flipped-once")).unwrap();

    assert_eq!(
        register(Flipped("Application/Flipped-Once")),
        Err(RegisterError::Twice("application/flipped-once".into()))
    );
}

#[test]
fn a_suffix_can_have_only_one_codec() {
    register(Flipped("+flipped-once")).unwrap();

    assert_eq!(
        register(Flipped("+Flipped-Once")),
        Err(RegisterError::Twice("+flipped-once".into()))
    );
}

#[test]
fn only_one_of_many_concurrent_registrations_succeeds() {
    let results: Vec<Result<(), RegisterError>> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| register(Flipped("application/flipped-race"))))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });

    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
}

#[test]
fn the_errors_describe_the_mistake() {
    assert_eq!(
        RegisterError::MediaType("x".into()).to_string(),
        "\"x\" is not a media type or a suffix such as \"+cbor\""
    );
    assert_eq!(
        RegisterError::BuiltIn("+json".into()).to_string(),
        "\"+json\" is built in and cannot be replaced"
    );
    assert_eq!(
        RegisterError::Twice("a/b".into()).to_string(),
        "\"a/b\" is already registered"
    );
}
