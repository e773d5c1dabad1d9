//! Types of expressions, so that a misspelt field or word is a mistake of the pack and not a rule that never fires.

use std::collections::BTreeMap;

use cel::common::ast::{CallExpr, Expr, IdedExpr, LiteralValue, operators as op};

use crate::expr::Predicate;
use crate::vocab::{FieldType, Vocabulary};

/// The type of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Ty {
    Bool,
    /// A yes or no that may be missing.
    MaybeBool,
    Int,
    /// Text; with the only words that it can be, where a vocabulary closes it.
    Text(Option<Vec<String>>),
    List(Box<Ty>),
    Null,
    /// A fact of one of these types; it may be null.
    Fact(Vec<String>),
    /// The parameters or the pack.
    Members(BTreeMap<String, Ty>),
    /// Something that could not be worked out; its mistake has been told.
    Unknown,
}

impl Ty {
    fn name(&self) -> &'static str {
        match self {
            Self::Bool => "a yes or no",
            Self::MaybeBool => "a yes or no that may be missing",
            Self::Int => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Null => "null",
            Self::Fact(_) => "an event",
            Self::Members(_) => "a group",
            Self::Unknown => "unknown",
        }
    }

    pub(super) fn of_field(holds: &FieldType, required: bool) -> Self {
        match holds {
            FieldType::Bool if required => Self::Bool,
            FieldType::Bool => Self::MaybeBool,
            FieldType::Int => Self::Int,
            FieldType::Words(words) => Self::Text(Some(words.clone())),
            FieldType::Text => Self::Text(None),
            FieldType::List(of) => Self::List(Box::new(Self::of_field(of, true))),
            FieldType::Other => Self::Unknown,
        }
    }
}

/// The variables of an expression.
pub(super) type Variables = BTreeMap<String, Ty>;

/// A mistake in an expression: byte in it, message, hint.
pub(super) type Fault = (usize, String, Option<String>);

/// Works out the type of an expression and collects its mistakes.
pub(super) fn infer(predicate: &Predicate, variables: &Variables) -> (Ty, Vec<Fault>) {
    let mut checker = Checker { predicate, faults: Vec::new() };
    let ty = checker.infer(predicate.root(), variables);
    (ty, checker.faults)
}

struct Checker<'p> {
    predicate: &'p Predicate,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, node: &IdedExpr, message: String, hint: Option<String>) -> Ty {
        // A field's node stands at its dot; people look for the whole, from its beginning.
        let mut start = node;
        while let Expr::Select(select) = &start.expr {
            start = &select.operand;
        }
        self.faults.push((self.predicate.offset_of(start.id), message, hint));
        Ty::Unknown
    }

    fn infer(&mut self, node: &IdedExpr, variables: &Variables) -> Ty {
        match &node.expr {
            Expr::Literal(literal) => match literal {
                LiteralValue::Boolean(_) => Ty::Bool,
                LiteralValue::Int(_) | LiteralValue::UInt(_) => Ty::Int,
                LiteralValue::String(text) => Ty::Text(Some(vec![text.inner().to_owned()])),
                LiteralValue::Null => Ty::Null,
                _ => self.fault(node, "rules know yes or no, whole numbers and text".into(), None),
            },
            Expr::Ident(name) => variables.get(name).cloned().unwrap_or_else(|| {
                let hint = near(name, variables.keys().map(String::as_str));
                self.fault(node, format!("there is no `{name}` here"), hint)
            }),
            Expr::Select(select) => {
                let of = self.infer(&select.operand, variables);
                self.select(node, &of, &select.field)
            }
            Expr::List(list) => {
                let mut items: Vec<Ty> =
                    list.elements.iter().map(|item| self.infer(item, variables)).collect();
                let first = items.first().cloned().unwrap_or(Ty::Unknown);
                let mut words = Vec::new();
                for item in items.drain(..) {
                    match item {
                        Ty::Text(Some(one)) => words.extend(one),
                        other if other == first => {}
                        other => {
                            let message = format!("the list mixes {} and {}", first.name(), other.name());
                            return self.fault(node, message, None);
                        }
                    }
                }
                Ty::List(Box::new(if words.is_empty() { first } else { Ty::Text(Some(words)) }))
            }
            Expr::Call(call) => self.call(node, call, variables),
            Expr::Comprehension(loops) => {
                let range = self.infer(&loops.iter_range, variables);
                let item = match range {
                    Ty::List(item) => *item,
                    Ty::Unknown => Ty::Unknown,
                    other => self.fault(&loops.iter_range, format!("{} has no items", other.name()), None),
                };
                let mut inner = variables.clone();
                inner.insert(loops.iter_var.clone(), item);
                let start = self.infer(&loops.accu_init, variables);
                inner.insert(loops.accu_var.clone(), start);
                self.infer(&loops.loop_step, &inner);
                self.infer(&loops.result, &inner)
            }
            Expr::Unspecified | Expr::Map(_) | Expr::Struct(_) => {
                self.fault(node, "rules have no use for maps and structures".into(), None)
            }
        }
    }

    fn select(&mut self, node: &IdedExpr, of: &Ty, field: &str) -> Ty {
        match of {
            Ty::Fact(types) => self.field_of(node, types, field),
            Ty::Members(members) => members.get(field).cloned().unwrap_or_else(|| {
                let hint = near(field, members.keys().map(String::as_str));
                self.fault(node, format!("there is no parameter `{field}`"), hint)
            }),
            Ty::Unknown => Ty::Unknown,
            other => {
                let message = format!("{} has no field `{field}`", other.name());
                self.fault(node, message, None)
            }
        }
    }

    fn field_of(&mut self, node: &IdedExpr, types: &[String], field: &str) -> Ty {
        let vocabulary = Vocabulary::builtin();
        if types == ["*"] {
            let found = vocabulary.field("*", field).map(|found| Ty::of_field(&found.holds, found.required));
            return found.unwrap_or_else(|| {
                let message = format!("an event of any type has no field `{field}`");
                self.fault(node, message, Some("name the types in `on` to read their fields".into()))
            });
        }
        let mut known: Option<Ty> = None;
        for ty in types {
            let Some(found) = vocabulary.field(ty, field) else {
                let names =
                    vocabulary.get(ty).into_iter().flat_map(|ty| ty.fields.keys().map(String::as_str));
                let hint = near(field, names);
                return self.fault(node, format!("{ty} has no field `{field}`"), hint);
            };
            let this = Ty::of_field(&found.holds, found.required);
            known = match known {
                None => Some(this),
                Some(Ty::Text(Some(mut words))) if matches!(this, Ty::Text(Some(_))) => {
                    let Ty::Text(Some(more)) = this else { return Ty::Unknown };
                    words.extend(more);
                    Some(Ty::Text(Some(words)))
                }
                Some(same) if same == this => Some(same),
                Some(Ty::Bool | Ty::MaybeBool) if matches!(this, Ty::Bool | Ty::MaybeBool) => {
                    Some(Ty::MaybeBool)
                }
                Some(other) => {
                    let message =
                        format!("`{field}` is {} in one type and {} in another", other.name(), this.name());
                    return self.fault(node, message, None);
                }
            };
        }
        known.unwrap_or(Ty::Unknown)
    }

    fn call(&mut self, node: &IdedExpr, call: &CallExpr, variables: &Variables) -> Ty {
        let target = call.target.as_ref().map(|target| self.infer(target, variables));
        let args: Vec<Ty> = call.args.iter().map(|arg| self.infer(arg, variables)).collect();
        let sized = |ty: &Ty| matches!(ty, Ty::List(_) | Ty::Text(_) | Ty::Unknown);
        match (call.func_name.as_str(), target.as_ref(), args.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR, None, [_, _])
            | (op::LOGICAL_NOT, None, [_])
            | (op::NOT_STRICTLY_FALSE, None, [_]) => {
                for (arg, ty) in call.args.iter().zip(&args) {
                    self.want_bool(arg, ty);
                }
                Ty::Bool
            }
            (op::EQUALS | op::NOT_EQUALS, None, [a, b]) => self.comparable(node, a, b),
            (op::IN, None, [a, Ty::List(items)]) => self.comparable(node, a, items),
            (op::IN, None, [_, Ty::Unknown]) => Ty::Bool,
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, None, [a, b]) => {
                // Days and months are text and have an order; the words of a vocabulary have none.
                let text = |ty: &Ty| matches!(ty, Ty::Text(_) | Ty::Unknown);
                let open = |ty: &Ty| matches!(ty, Ty::Text(None) | Ty::Unknown);
                let int = |ty: &Ty| matches!(ty, Ty::Int | Ty::Unknown);
                if (int(a) && int(b)) || (text(a) && text(b) && (open(a) || open(b))) {
                    return Ty::Bool;
                }
                let message = format!("{} and {} have no order", a.name(), b.name());
                self.fault(node, message, None)
            }
            (
                op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO,
                None,
                [Ty::Int | Ty::Unknown, Ty::Int | Ty::Unknown],
            )
            | (op::NEGATE, None, [Ty::Int | Ty::Unknown]) => Ty::Int,
            (op::CONDITIONAL, None, [condition, yes, no]) => {
                self.want_bool(&call.args[0], condition);
                if std::mem::discriminant(yes) != std::mem::discriminant(no)
                    && *yes != Ty::Null
                    && *no != Ty::Null
                {
                    let message = format!("either {} or {}", yes.name(), no.name());
                    return self.fault(node, message, Some("both answers of ? : must be of one kind".into()));
                }
                if *yes == Ty::Null { no.clone() } else { yes.clone() }
            }
            ("size", None, [ty]) if sized(ty) => Ty::Int,
            ("size", Some(ty), []) if sized(ty) => Ty::Int,
            (
                "startsWith" | "endsWith" | "contains",
                Some(Ty::Text(_) | Ty::Unknown),
                [Ty::Text(_) | Ty::Unknown],
            ) => Ty::Bool,
            (name, ..) => {
                let kinds: Vec<&str> = target.iter().chain(&args).map(Ty::name).collect();
                let message = format!("`{}` does not work on {}", plain(name), kinds.join(" and "));
                self.fault(node, message, None)
            }
        }
    }

    pub(super) fn want_bool(&mut self, node: &IdedExpr, ty: &Ty) {
        match ty {
            Ty::Bool | Ty::Unknown => {}
            Ty::MaybeBool => {
                let hint = "say what a missing one means: compare with == true or != false".to_owned();
                self.fault(node, "this yes or no may be missing".into(), Some(hint));
            }
            other => {
                self.fault(node, format!("this should be a yes or no, it is {}", other.name()), None);
            }
        }
    }

    fn comparable(&mut self, node: &IdedExpr, a: &Ty, b: &Ty) -> Ty {
        match (a, b) {
            (Ty::Unknown | Ty::Null, _) | (_, Ty::Unknown | Ty::Null) => {}
            (Ty::Bool | Ty::MaybeBool, Ty::Bool | Ty::MaybeBool) | (Ty::Int, Ty::Int) => {}
            (Ty::Text(Some(words)), Ty::Text(Some(wanted))) => {
                // One side is a vocabulary or both are literals; every word of the shorter list must be in the longer.
                let (many, few) = if words.len() >= wanted.len() { (words, wanted) } else { (wanted, words) };
                if let Some(stray) = few.iter().find(|word| !many.contains(word)) {
                    let hint = near(stray, many.iter().map(String::as_str));
                    return self.fault(node, format!("no value is {stray:?}"), hint.or_else(|| one_of(many)));
                }
            }
            (Ty::Text(_), Ty::Text(_)) => {}
            (Ty::List(a), Ty::List(b)) => return self.comparable(node, a, b),
            _ => {
                let message = format!("{} never equals {}", a.name(), b.name());
                return self.fault(node, message, None);
            }
        }
        Ty::Bool
    }
}

fn one_of(words: &[String]) -> Option<String> {
    const SHOWN_MAX: usize = 16;
    (words.len() <= SHOWN_MAX).then(|| format!("one of: {}", words.join(", ")))
}

pub(super) fn near<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Option<String> {
    Vocabulary::nearest(wanted, names).map(|name| format!("did you mean `{name}`?"))
}

/// An operator as it is written.
fn plain(name: &str) -> &str {
    name.trim_matches(['_', '@'])
}
