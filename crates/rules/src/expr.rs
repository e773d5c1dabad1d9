//! Predicates of rules: expressions of the Common Expression Language, compiled once.

use std::collections::BTreeSet;
use std::sync::Arc;

use cel::common::ast::{Expr, IdedExpr};
use cel::common::types::CelNull;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, Program, Value};

use crate::fact::Fact;
use crate::time::Truth;
use crate::view::{FactView, Members};

/// A compiled expression, with the fields that it reads.
#[derive(Debug)]
pub struct Predicate {
    source: String,
    program: Program,
    /// Pairs of variable and field.
    reads: BTreeSet<(String, String)>,
}

/// An expression that cannot be compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxFault {
    /// Bytes from the start of the expression.
    pub offset: usize,
    /// What is wrong.
    pub message: String,
}

impl Predicate {
    /// Compiles an expression.
    ///
    /// # Errors
    /// Where it is not CEL.
    pub fn compile(source: &str) -> Result<Self, SyntaxFault> {
        let program = Program::compile(source).map_err(|errors| {
            let Some(first) = errors.errors.first() else {
                return SyntaxFault { offset: 0, message: "is no CEL expression".to_owned() };
            };
            let (line, column) = first.pos;
            SyntaxFault { offset: offset(source, line, column), message: in_words(&first.msg) }
        })?;
        let mut reads = BTreeSet::new();
        collect(program.expression(), &mut reads);
        Ok(Self { source: source.to_owned(), program, reads })
    }

    /// The expression as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn root(&self) -> &IdedExpr {
        self.program.expression()
    }

    /// Where a node begins, in bytes from the start.
    pub(crate) fn offset_of(&self, id: u64) -> usize {
        let start = self.program.source_info().offset_for(id).map_or(0, |(start, _)| start as usize);
        start.min(self.source.len())
    }

    /// The fields that it reads of a variable.
    pub fn reads<'s>(&'s self, variable: &'s str) -> impl Iterator<Item = &'s str> {
        self.reads.iter().filter(move |(of, _)| of == variable).map(|(_, field)| field.as_str())
    }

    /// Whether it holds of the bound facts. Where it reads a field that is erased or locked, nobody can say.
    #[must_use]
    pub fn holds(&self, scope: &Scope<'_>) -> Truth {
        match self.value(scope) {
            Some(Value::Bool(holds)) => holds.into(),
            _ => Truth::Unknown,
        }
    }

    /// Its value; none where it reads what is erased or locked, or has none.
    pub(crate) fn value(&self, scope: &Scope<'_>) -> Option<Value> {
        let blind = |fact: &Fact, name: &str| self.reads(name).any(|field| fact.is_hidden(field));
        if scope
            .facts
            .iter()
            .any(|(name, fact)| fact.is_some_and(|fact| !fact.hidden.is_empty() && blind(fact, name)))
        {
            return None;
        }
        let mut context = Context::with_env(Arc::clone(env()));
        context.set_variable_resolver(scope);
        self.program.execute(&context).ok()
    }
}

/// The functions and operators of CEL, made once.
pub(crate) fn env() -> &'static Arc<Env> {
    static ENV: std::sync::LazyLock<Arc<Env>> = std::sync::LazyLock::new(|| Arc::new(Env::stdlib()));
    &ENV
}

/// What the variables of an expression stand for.
#[derive(Debug)]
pub struct Scope<'a> {
    pub(crate) facts: Vec<(&'a str, Option<&'a Fact>)>,
    pub(crate) params: &'a Members,
    pub(crate) pack: &'a Members,
}

impl VariableResolver for Scope<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        match variable {
            "params" => Some(CowVal::Borrowed(self.params)),
            "pack" => Some(CowVal::Borrowed(self.pack)),
            name => self.facts.iter().rev().find(|(of, _)| *of == name).map(|(_, fact)| match fact {
                Some(fact) => CowVal::owned(FactView(fact)),
                None => CowVal::owned(CelNull),
            }),
        }
    }
}

fn collect(expr: &IdedExpr, reads: &mut BTreeSet<(String, String)>) {
    walk(expr, &mut |node| {
        if let Expr::Select(select) = &node.expr
            && let Expr::Ident(variable) = &select.operand.expr
        {
            reads.insert((variable.clone(), select.field.clone()));
        }
    });
}

/// Visits an expression and everything in it.
pub(crate) fn walk<'e>(expr: &'e IdedExpr, visit: &mut impl FnMut(&'e IdedExpr)) {
    visit(expr);
    match &expr.expr {
        Expr::Call(call) => {
            call.target.iter().for_each(|target| walk(target, visit));
            call.args.iter().for_each(|arg| walk(arg, visit));
        }
        Expr::Comprehension(loops) => {
            for part in
                [&loops.iter_range, &loops.accu_init, &loops.loop_cond, &loops.loop_step, &loops.result]
            {
                walk(part, visit);
            }
        }
        Expr::List(list) => list.elements.iter().for_each(|element| walk(element, visit)),
        Expr::Select(select) => walk(&select.operand, visit),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) | Expr::Map(_) | Expr::Struct(_) => {}
    }
}

/// What the parser says, in words for people who do not write parsers.
fn in_words(message: &str) -> String {
    let quoted = |start: &str| message.split_once(start)?.1.rsplit_once('\'').map(|(text, _)| text.trim());
    let stray = quoted("error at: '").or_else(|| {
        let after = message.split_once("input '")?.1;
        after.split_once("' ").map(|(text, _)| text.trim())
    });
    match stray {
        Some("<EOF>") => "the expression ends too early".to_owned(),
        Some(text) => format!("`{text}` does not belong here"),
        None => message.to_owned(),
    }
}

/// Bytes before line `line` and column `column`, both from 1; columns count characters.
fn offset(source: &str, line: isize, column: isize) -> usize {
    let from_zero = |n: isize| usize::try_from(n - 1).unwrap_or(0);
    let before: usize = source.split_inclusive('\n').take(from_zero(line)).map(str::len).sum();
    let in_line = source[before..].char_indices().nth(from_zero(column));
    in_line.map_or(source.len(), |(bytes, _)| before + bytes)
}
