//! A handler as the macro understands it.

use syn::{ItemFn, Safety, Type};

use super::attr::Arguments;
use super::parameters::{self, Parameter};
use crate::context::Context;

/// A function that can be a handler.
pub(super) struct Model {
    pub(super) arguments: Arguments,
    /// The type of the event, without the reference.
    pub(super) event: Type,
    /// Whether the event is borrowed.
    pub(super) borrows: bool,
    /// The parameters after the event.
    pub(super) parameters: Vec<Parameter>,
}

impl Model {
    /// Understands a function, and takes the attributes of its parameters that are ours away.
    pub(super) fn new(cx: &Context, arguments: Arguments, function: &mut ItemFn) -> Option<Self> {
        let signature = &mut function.sig;
        if !signature.generics.params.is_empty() {
            let help = "a handler has no generics: it stands for one function; register closures at run time for others";
            cx.error(&signature.generics, help);
        }
        if let Safety::Unsafe(token) = &signature.safety {
            cx.error(
                token,
                "a handler is called by the library: it cannot be `unsafe`",
            );
        }
        if let Some(receiver) = signature.receiver() {
            cx.error(receiver, "a handler is a free function: take the event, and what `self` holds as `State<..>`");
            return None;
        }
        let name = signature.ident.clone();
        let (event, others) = parameters::read(cx, &name, &mut signature.inputs)?;
        let (event, borrows) = parameters::event(cx, event)?;
        Some(Self {
            arguments,
            event,
            borrows,
            parameters: others,
        })
    }
}
