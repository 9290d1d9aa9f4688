//! Parsing of the list in the parentheses of an attribute.

use proc_macro2::{Ident, Punct, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Expr, Lit, Meta, Token, token};

use crate::did_you_mean::did_you_mean;
use crate::error_collector::ErrorCollector;

/// An element of a list.
pub(crate) enum Entry {
    /// A literal without a key.
    Literal(Lit),
    /// Any other expression without a key, such as a path or a macro call.
    Expression(Expr),
    /// A key with its value.
    Keyed(Key, Value),
    /// A key whose malformed value was already reported.
    Malformed(Key),
}

/// The name of an element: an identifier or keyword.
pub(crate) struct Key {
    ident: Ident,
    name: String,
}

impl Key {
    /// Returns the name without `r#`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl ToTokens for Key {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append(self.ident.clone());
    }
}

/// The value of a key.
pub(crate) enum Value {
    /// No value.
    None,
    /// `= tokens`.
    Assigned(TokenStream),
    /// `(tokens)`.
    List(TokenStream),
}

impl Value {
    /// Returns the tokens after `=`.
    pub(crate) fn assigned(&self) -> Option<&TokenStream> {
        match self {
            Self::Assigned(tokens) => Some(tokens),
            Self::None | Self::List(_) => None,
        }
    }
}

/// Parses the lists of all attributes with a name, such as `#[name(..)]`. The error for an
/// attribute without a list shows `example`.
pub(crate) fn attribute_entries(
    errors: &ErrorCollector,
    attributes: &[Attribute],
    name: &str,
    example: &str,
) -> Vec<Entry> {
    let mut all = Vec::new();
    for attribute in attributes {
        match &attribute.meta {
            meta if !meta.path().is_ident(name) => {}
            Meta::List(list) => all.extend(entries(errors, list.tokens.clone())),
            meta => {
                let message = format!("the attribute needs a list: write `{example}`");
                errors.add(meta, message);
            }
        }
    }
    all
}

/// Returns the keys of a list with their values. Literals, and unknown and duplicate keys, are
/// reported and skipped.
pub(crate) fn known_keys(
    errors: &ErrorCollector,
    entries: Vec<Entry>,
    known: &[&str],
    example: &str,
) -> Vec<(Key, Value)> {
    let mut given: Vec<(Key, Value)> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Literal(literal) => errors.add(literal, format!("write `{example}`")),
            Entry::Expression(expr) => errors.add(expr, format!("write `{example}`")),
            Entry::Malformed(_) => {}
            Entry::Keyed(key, _) if !known.contains(&key.name()) => {
                let help = match (known, did_you_mean(key.name(), known)) {
                    ([only], _) => format!("the only key is `{only}`: write `{example}`"),
                    (_, Some(key)) => format!("did you mean `{key}`?"),
                    (_, None) => format!("write `{example}`"),
                };
                errors.add(&key, format!("unknown key `{}`: {help}", key.name()));
            }
            Entry::Keyed(key, _) if given.iter().any(|(own, _)| own.name() == key.name()) => {
                errors.add(&key, format!("duplicate key `{}`", key.name()));
            }
            Entry::Keyed(key, value) => given.push((key, value)),
        }
    }
    given
}

/// Parses a comma-separated list. Malformed elements are reported; those without a key are skipped.
pub(crate) fn entries(errors: &ErrorCollector, tokens: TokenStream) -> Vec<Entry> {
    let read = |input: ParseStream<'_>| {
        let mut entries = Vec::new();
        while !input.is_empty() {
            let read = entry(errors, input);
            let rest = until_comma(input)?;
            input.parse::<Option<Token![,]>>()?;
            let Some(entry) = errors.ok(read) else {
                continue;
            };
            entries.push(match entry {
                entry if rest.is_empty() => entry,
                Entry::Keyed(key, Value::None) => {
                    errors.add(rest, "expected `=`");
                    Entry::Malformed(key)
                }
                entry => {
                    errors.add(rest, "expected `,`");
                    entry
                }
            });
        }
        Ok(entries)
    };
    errors.ok(read.parse2(tokens)).unwrap_or_default()
}

fn entry(errors: &ErrorCollector, input: ParseStream<'_>) -> syn::Result<Entry> {
    // `true` and `false` are literals in syn, but no element is a Boolean.
    if input.peek(Lit) && !input.peek(Ident::peek_any) {
        return input.parse().map(Entry::Literal);
    }
    if starts_expression(input) {
        return input.parse().map(Entry::Expression);
    }
    let ident = input
        .call(Ident::parse_any)
        .map_err(|error| syn::Error::new(error.span(), "expected a key, such as `key = value`"))?;
    let name = ident.unraw().to_string();
    let key = Key { ident, name };
    Ok(match errors.ok(value(input)) {
        Some(value) => Entry::Keyed(key, value),
        None => Entry::Malformed(key),
    })
}

/// Returns whether an expression follows that is neither a literal nor a single name.
fn starts_expression(input: ParseStream<'_>) -> bool {
    let path = input.peek(Ident::peek_any) && (input.peek2(Token![::]) || input.peek2(Token![!]));
    path || input.peek(Token![::]) || input.peek(Token![<]) || input.peek(token::Brace)
}

fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        return content.parse().map(Value::List);
    }
    if !input.peek(Token![=]) {
        return Ok(Value::None);
    }
    let equals: Punct = input.parse()?;
    // A comma may be part of an expression, as in `Position::<1, 2>::ORDER`.
    if input.fork().parse::<Expr>().is_ok() {
        let expr: Expr = input.parse()?;
        return Ok(Value::Assigned(expr.into_token_stream()));
    }
    let tokens = until_comma(input)?;
    if tokens.is_empty() {
        return Err(syn::Error::new(equals.span(), "expected a value after `=`"));
    }
    Ok(Value::Assigned(tokens))
}

fn until_comma(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.append(input.parse::<TokenTree>()?);
    }
    Ok(tokens)
}
