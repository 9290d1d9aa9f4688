//! A Pratt parser, which converts tokens to a syntax tree.

use std::borrow::Cow;
use std::ops::Range;

use crate::error::{ParseError, ParseErrorKind};
use crate::function::Function;
use crate::functions::Functions;
use crate::lexer::Lexer;
use crate::operator::{Binary, binding};
use crate::pattern::Pattern;
use crate::rules;
use crate::token::{Spanned, Token};
use crate::tree::{Kind, Node, Text};

/// The maximum length of an expression, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The maximum nesting depth of parentheses and operators.
///
/// `a OR b OR c` has depth three; for long lists of values, use `IN`. The deepest expression needs
/// at most half a megabyte of stack.
pub const MAX_DEPTH: usize = 100;

const OPERAND: &str = "an attribute, a literal, a function or a parenthesis";
const OPERATOR_OR_END: &str = "an operator or the end of the expression";

/// Parses a complete text.
pub(crate) fn parse(text: &str, functions: &Functions) -> Result<Node, ParseError> {
    if text.len() > MAX_LENGTH {
        let expected = format!("at most {MAX_LENGTH} bytes");
        let found = text.len().to_string();
        return Err(ParseError::new(
            "",
            0..0,
            ParseErrorKind::Limit,
            expected,
            found,
        ));
    }
    let mut lexer = Lexer::new(text);
    let next = lexer.next()?;
    let mut parser = Parser {
        text,
        lexer,
        next,
        functions,
        depth: 0,
    };
    let root = parser.expression(binding::NONE)?;
    match parser.next.token {
        Token::End => Ok(root),
        _ => Err(parser.unexpected(OPERATOR_OR_END)),
    }
}

struct Parser<'t> {
    text: &'t str,
    lexer: Lexer<'t>,
    next: Spanned<'t>,
    functions: &'t Functions,
    /// The current number of nested expressions.
    depth: usize,
}

impl<'t> Parser<'t> {
    /// Parses an expression whose operators all bind tighter than `binding`.
    fn expression(&mut self, binding: u8) -> Result<Node, ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.too_deep(self.next.span.clone()));
        }
        let mut left = self.operand().and_then(|operand| self.checked(operand))?;
        while let Some(infix) = self.infix()? {
            if infix.binding() <= binding {
                break;
            }
            left = self
                .operation(left, infix)
                .and_then(|operation| self.checked(operation))?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn checked(&self, node: Node) -> Result<Node, ParseError> {
        if node.height > MAX_DEPTH {
            Err(self.too_deep(node.span))
        } else {
            Ok(node)
        }
    }

    /// Peeks at the next operator.
    fn infix(&self) -> Result<Option<Infix>, ParseError> {
        let infix = match self.next.token {
            Token::Operator(operator) => Infix::Binary(operator),
            Token::Like => Infix::Like { negated: false },
            Token::In => Infix::In { negated: false },
            Token::Not => match self.lexer.clone().next()?.token {
                Token::Like => Infix::Like { negated: true },
                Token::In => Infix::In { negated: true },
                _ => return Err(self.unexpected(OPERATOR_OR_END)),
            },
            _ => return Ok(None),
        };
        Ok(Some(infix))
    }

    /// Parses an operator and its right operand.
    fn operation(&mut self, left: Node, infix: Infix) -> Result<Node, ParseError> {
        self.advance()?;
        let start = left.span.start;
        let (kind, end) = match infix {
            Infix::Binary(operator) => {
                let right = self.expression(operator.binding())?;
                let end = right.span.end;
                (Kind::Binary(operator, Box::new([left, right])), end)
            }
            Infix::Like { negated } => {
                self.advance_if(negated)?;
                let Token::Text(text) = self.next.token else {
                    return Err(self.unexpected("a string, the pattern"));
                };
                let end = self.advance()?.end;
                let text = Text::read(text);
                let pattern = Pattern::new(&text.value);
                let like = Kind::Like {
                    value: Box::new(left),
                    pattern: Box::new((text, pattern)),
                    negated,
                };
                (like, end)
            }
            Infix::In { negated } => {
                self.advance_if(negated)?;
                self.expect(Token::Open, "`(` and the elements of the set")?;
                let (set, end) = self.list()?;
                let value = Box::new(left);
                (
                    Kind::In {
                        value,
                        set,
                        negated,
                    },
                    end,
                )
            }
        };
        Ok(Node::new(kind, start..end))
    }

    /// Parses an operand.
    fn operand(&mut self) -> Result<Node, ParseError> {
        let Spanned { token, span } = self.next.clone();
        match token {
            Token::Open => {
                self.advance()?;
                let inner = self.expression(binding::NONE)?;
                let end = self.expect(Token::Close, "an operator or `)`")?.end;
                Ok(Node {
                    span: span.start..end,
                    ..inner
                })
            }
            Token::Operator(sign @ (Binary::Subtract | Binary::Add)) => self.signed(sign),
            Token::Not => {
                self.advance()?;
                let operand = self.expression(binding::UNARY)?;
                let span = span.start..operand.span.end;
                Ok(Node::new(Kind::Not(Box::new(operand)), span))
            }
            Token::Exists => {
                self.advance()?;
                let Token::Word(word) = self.next.token else {
                    return Err(self.unexpected("the name of an attribute"));
                };
                let name = self.attribute(word)?;
                let end = self.advance()?.end;
                Ok(Node::new(Kind::Exists(name), span.start..end))
            }
            Token::Boolean(flag) => self.leaf(Kind::Boolean(flag)),
            Token::Text(text) => self.leaf(Kind::Text(Text::read(text))),
            Token::Digits(digits) => {
                let number = self.number(digits, span)?;
                self.leaf(number)
            }
            Token::Word(word) => self.word(word),
            _ => Err(self.unexpected(OPERAND)),
        }
    }

    /// Parses a signed number, or the negation of an operand.
    fn signed(&mut self, sign: Binary) -> Result<Node, ParseError> {
        let span = self.advance()?;
        if let Token::Digits(_) = self.next.token
            && self.next.span.start == span.end
        {
            let span = span.start..self.next.span.end;
            let number = self.number(&self.text[span.clone()], span.clone())?;
            return self.leaf(number).map(|leaf| Node { span, ..leaf });
        }
        if sign == Binary::Add {
            return Err(self.unexpected("a number right after `+`"));
        }
        let operand = self.expression(binding::UNARY)?;
        let span = span.start..operand.span.end;
        Ok(Node::new(Kind::Negate(Box::new(operand)), span))
    }

    fn number(&self, digits: &str, span: Range<usize>) -> Result<Kind, ParseError> {
        digits.parse().map(Kind::Integer).map_err(|_| {
            let expected = "a number from -2147483648 to 2147483647";
            let found = format!("`{digits}`");
            self.error(span, ParseErrorKind::Number, expected, found)
        })
    }

    /// Parses an attribute, or a function with its arguments.
    fn word(&mut self, word: &'t str) -> Result<Node, ParseError> {
        if self.lexer.clone().next()?.token != Token::Open {
            let name = self.attribute(word)?;
            return self.leaf(Kind::Attribute(name));
        }
        let called = self.advance()?;
        self.advance()?;
        let (arguments, end) = self.arguments()?;
        let span = called.start..end;
        let named = self.functions.named(&word.to_ascii_uppercase());
        let function = named.iter().find(|named| named.accepts(arguments.len()));
        let function = match function {
            Some(function) => function.clone(),
            None if named.is_empty() => return Err(self.unknown_function(word, called)),
            None => return Err(self.wrong_arity(named, arguments.len(), span)),
        };
        let kind = Kind::Call {
            function,
            arguments,
        };
        Ok(Node::new(kind, span))
    }

    fn unknown_function(&self, word: &str, span: Range<usize>) -> ParseError {
        let nearest = self.functions.nearest(&word.to_ascii_uppercase());
        let expected = nearest.map_or("a known function".into(), |name| {
            format!("a function such as `{name}`")
        });
        let found = format!("`{word}`");
        self.error(span, ParseErrorKind::UnknownFunction, expected, found)
    }

    fn wrong_arity(&self, named: &[Function], count: usize, span: Range<usize>) -> ParseError {
        let signatures: Vec<String> = named.iter().map(Function::to_string).collect();
        let expected = format!("`{}`", signatures.join("` or `"));
        let found = format!("{count} argument{}", if count == 1 { "" } else { "s" });
        self.error(span, ParseErrorKind::Arity, expected, found)
    }

    fn arguments(&mut self) -> Result<(Box<[Node]>, usize), ParseError> {
        if self.next.token == Token::Close {
            let end = self.advance()?.end;
            return Ok((Box::default(), end));
        }
        self.list()
    }

    /// Parses one or more expressions and the closing `)`.
    fn list(&mut self) -> Result<(Box<[Node]>, usize), ParseError> {
        let mut nodes = Vec::new();
        loop {
            nodes.push(self.expression(binding::NONE)?);
            match self.next.token {
                Token::Comma => self.advance()?,
                Token::Close => {
                    let end = self.advance()?.end;
                    return Ok((nodes.into(), end));
                }
                _ => return Err(self.unexpected("an operator, `,` or `)`")),
            };
        }
    }

    /// Checks the name of an attribute, and converts it to lower case.
    fn attribute(&self, word: &str) -> Result<Box<str>, ParseError> {
        let name = word.to_ascii_lowercase();
        let expected = if name == rules::DATA {
            "a context attribute (expressions cannot refer to the data)".to_owned()
        } else if name.contains('_') {
            let legal = name.replace('_', "");
            let rule = "a context attribute, whose name has letters and digits only (expressions cannot refer to the data)";
            if legal.is_empty() {
                rule.to_owned()
            } else {
                format!("{rule}, such as `{legal}`")
            }
        } else {
            return Ok(name.into());
        };
        let (span, found) = (self.next.span.clone(), format!("`{word}`"));
        Err(self.error(span, ParseErrorKind::AttributeName, expected, found))
    }

    fn leaf(&mut self, kind: Kind) -> Result<Node, ParseError> {
        let span = self.advance()?;
        Ok(Node::new(kind, span))
    }

    /// Consumes a token and returns its span.
    fn advance(&mut self) -> Result<Range<usize>, ParseError> {
        let next = self.lexer.next()?;
        Ok(std::mem::replace(&mut self.next, next).span)
    }

    /// Consumes the second keyword of `NOT LIKE` and `NOT IN`.
    fn advance_if(&mut self, condition: bool) -> Result<(), ParseError> {
        if condition {
            self.advance().map(drop)
        } else {
            Ok(())
        }
    }

    fn expect(
        &mut self,
        token: Token<'_>,
        expected: &'static str,
    ) -> Result<Range<usize>, ParseError> {
        if self.next.token == token {
            self.advance()
        } else {
            Err(self.unexpected(expected))
        }
    }

    fn unexpected(&self, expected: &'static str) -> ParseError {
        let Spanned { token, span } = &self.next;
        let found = token.to_string();
        self.error(span.clone(), ParseErrorKind::Syntax, expected, found)
    }

    fn too_deep(&self, span: Range<usize>) -> ParseError {
        let expected = format!("at most {MAX_DEPTH} nested operators or parentheses");
        self.error(span, ParseErrorKind::Limit, expected, "more".to_owned())
    }

    fn error(
        &self,
        span: Range<usize>,
        kind: ParseErrorKind,
        expected: impl Into<Cow<'static, str>>,
        found: String,
    ) -> ParseError {
        ParseError::new(self.text, span, kind, expected, found)
    }
}

/// An operator that follows an operand.
#[derive(Clone, Copy)]
enum Infix {
    Binary(Binary),
    Like { negated: bool },
    In { negated: bool },
}

impl Infix {
    fn binding(self) -> u8 {
        match self {
            Self::Binary(operator) => operator.binding(),
            Self::Like { .. } | Self::In { .. } => binding::MATCH,
        }
    }
}
