//! Constructors for nodes of the evaluator's syntax tree, for front ends of other languages. The tree is Python's, as
//! ruff's parser defines it: small, typed, and with a range in every node.

use ruff_python_ast::{
    self as ast, AtomicNodeIndex, BoolOp, CmpOp, Expr, ExprContext, FStringFlags, Identifier,
    InterpolatedStringElement, Operator, Stmt, StringLiteralFlags, Suite, UnaryOp,
};
use ruff_text_size::TextRange;

pub(crate) fn identifier(name: &str, range: TextRange) -> Identifier {
    Identifier::new(name, range)
}

pub(crate) fn name(id: &str, range: TextRange) -> Expr {
    Expr::Name(ast::ExprName {
        node_index: AtomicNodeIndex::NONE,
        range,
        id: id.into(),
        ctx: ExprContext::Load,
    })
}

/// An expression of which nothing is known.
pub(crate) fn unknown(range: TextRange) -> Expr {
    Expr::EllipsisLiteral(ast::ExprEllipsisLiteral { node_index: AtomicNodeIndex::NONE, range })
}

pub(crate) fn none(range: TextRange) -> Expr {
    Expr::NoneLiteral(ast::ExprNoneLiteral { node_index: AtomicNodeIndex::NONE, range })
}

pub(crate) fn boolean(value: bool, range: TextRange) -> Expr {
    Expr::BooleanLiteral(ast::ExprBooleanLiteral { node_index: AtomicNodeIndex::NONE, range, value })
}

/// A number. A non-integer is represented by any integer other than zero.
pub(crate) fn number(value: u64, range: TextRange) -> Expr {
    let value = ast::Number::Int(ast::Int::from(value));
    Expr::NumberLiteral(ast::ExprNumberLiteral { node_index: AtomicNodeIndex::NONE, range, value })
}

pub(crate) fn text(value: &str, range: TextRange) -> Expr {
    let flags = StringLiteralFlags::empty();
    let literal = ast::StringLiteral { range, node_index: AtomicNodeIndex::NONE, value: value.into(), flags };
    let value = ast::StringLiteralValue::single(literal);
    Expr::StringLiteral(ast::ExprStringLiteral { node_index: AtomicNodeIndex::NONE, range, value })
}

/// A literal piece of a text.
pub(crate) fn piece(value: &str, range: TextRange) -> InterpolatedStringElement {
    InterpolatedStringElement::Literal(ast::InterpolatedStringLiteralElement {
        range,
        node_index: AtomicNodeIndex::NONE,
        value: value.into(),
    })
}

/// An interpolated piece of a text.
pub(crate) fn hole(expression: Expr, range: TextRange) -> InterpolatedStringElement {
    InterpolatedStringElement::Interpolation(ast::InterpolatedElement {
        range,
        node_index: AtomicNodeIndex::NONE,
        expression: Box::new(expression),
        debug_text: None,
        conversion: ast::ConversionFlag::None,
        format_spec: None,
    })
}

pub(crate) fn template(pieces: Vec<InterpolatedStringElement>, range: TextRange) -> Expr {
    let flags = FStringFlags::empty();
    Expr::from(ast::FString { range, node_index: AtomicNodeIndex::NONE, elements: pieces.into(), flags })
}

pub(crate) fn attribute(object: Expr, name: &str, range: TextRange) -> Expr {
    Expr::Attribute(ast::ExprAttribute {
        node_index: AtomicNodeIndex::NONE,
        range,
        value: Box::new(object),
        attr: identifier(name, range),
        ctx: ExprContext::Load,
    })
}

pub(crate) fn subscript(object: Expr, key: Expr, range: TextRange) -> Expr {
    Expr::Subscript(ast::ExprSubscript {
        node_index: AtomicNodeIndex::NONE,
        range,
        value: Box::new(object),
        slice: Box::new(key),
        ctx: ExprContext::Load,
    })
}

fn arguments(args: Vec<Expr>, range: TextRange) -> ast::Arguments {
    labelled_arguments(args.into_iter().map(|value| (None, value)).collect(), range)
}

/// Arguments with their labels; those without one stay positional.
fn labelled_arguments(all: Vec<(Option<String>, Expr)>, range: TextRange) -> ast::Arguments {
    let (mut args, mut keywords) = (Vec::new(), Vec::new());
    for (label, value) in all {
        match label {
            Some(label) => keywords.push(keyword(&label, value, range)),
            None => args.push(value),
        }
    }
    ast::Arguments { range, node_index: AtomicNodeIndex::NONE, args: args.into(), keywords: keywords.into() }
}

fn keyword(label: &str, value: Expr, range: TextRange) -> ast::Keyword {
    let arg = Some(identifier(label, range));
    ast::Keyword { range, node_index: AtomicNodeIndex::NONE, arg, value }
}

pub(crate) fn call(func: Expr, args: Vec<Expr>, range: TextRange) -> Expr {
    call_labelled(func, args.into_iter().map(|value| (None, value)).collect(), range)
}

/// `f(x, label: y)`
pub(crate) fn call_labelled(func: Expr, all: Vec<(Option<String>, Expr)>, range: TextRange) -> Expr {
    Expr::Call(ast::ExprCall {
        node_index: AtomicNodeIndex::NONE,
        range_start: range.start(),
        func: Box::new(func),
        arguments: labelled_arguments(all, range),
    })
}

pub(crate) fn list(elts: Vec<Expr>, range: TextRange) -> Expr {
    Expr::List(ast::ExprList { node_index: AtomicNodeIndex::NONE, range, elts, ctx: ExprContext::Load })
}

/// `{key: value, ...more}`: a value without a key is spread.
pub(crate) fn dict(items: Vec<(Option<Expr>, Expr)>, range: TextRange) -> Expr {
    let items = items.into_iter().map(|(key, value)| ast::DictItem { key, value }).collect();
    Expr::Dict(ast::ExprDict { node_index: AtomicNodeIndex::NONE, range, items })
}

pub(crate) fn starred(value: Expr, range: TextRange) -> Expr {
    let value = Box::new(value);
    Expr::Starred(ast::ExprStarred {
        node_index: AtomicNodeIndex::NONE,
        range,
        value,
        ctx: ExprContext::Load,
    })
}

pub(crate) fn either(op: BoolOp, values: Vec<Expr>, range: TextRange) -> Expr {
    Expr::BoolOp(ast::ExprBoolOp { node_index: AtomicNodeIndex::NONE, range, op, values })
}

pub(crate) fn compare(left: Expr, op: CmpOp, right: Expr, range: TextRange) -> Expr {
    Expr::Compare(ast::ExprCompare {
        node_index: AtomicNodeIndex::NONE,
        range,
        left: Box::new(left),
        ops: Box::new([op]),
        comparators: Box::new([right]),
    })
}

pub(crate) fn operate(left: Expr, op: Operator, right: Expr, range: TextRange) -> Expr {
    let (left, right) = (Box::new(left), Box::new(right));
    Expr::BinOp(ast::ExprBinOp { node_index: AtomicNodeIndex::NONE, range, left, op, right })
}

pub(crate) fn unary(op: UnaryOp, operand: Expr, range: TextRange) -> Expr {
    Expr::UnaryOp(ast::ExprUnaryOp {
        node_index: AtomicNodeIndex::NONE,
        range,
        op,
        operand: Box::new(operand),
    })
}

pub(crate) fn choice(test: Expr, body: Expr, orelse: Expr, range: TextRange) -> Expr {
    let (test, body, orelse) = (Box::new(test), Box::new(body), Box::new(orelse));
    Expr::If(ast::ExprIf { node_index: AtomicNodeIndex::NONE, range, test, body, orelse })
}

pub(crate) fn awaited(value: Expr, range: TextRange) -> Expr {
    Expr::Await(ast::ExprAwait { node_index: AtomicNodeIndex::NONE, range, value: Box::new(value) })
}

pub(crate) fn yielded(value: Option<Expr>, range: TextRange) -> Expr {
    Expr::Yield(ast::ExprYield { node_index: AtomicNodeIndex::NONE, range, value: value.map(Box::new) })
}

/// An assignment inside an expression.
pub(crate) fn named(target: Expr, value: Expr, range: TextRange) -> Expr {
    let (target, value) = (Box::new(target), Box::new(value));
    Expr::Named(ast::ExprNamed { node_index: AtomicNodeIndex::NONE, range, target, value })
}

pub(crate) fn evaluate(value: Expr, range: TextRange) -> Stmt {
    Stmt::Expr(ast::StmtExpr { node_index: AtomicNodeIndex::NONE, range, value: Box::new(value) })
}

pub(crate) fn assign(target: Expr, value: Expr, range: TextRange) -> Stmt {
    let value = Box::new(value);
    Stmt::Assign(ast::StmtAssign { node_index: AtomicNodeIndex::NONE, range, targets: vec![target], value })
}

pub(crate) fn declare(target: Expr, annotation: Expr, value: Option<Expr>, range: TextRange) -> Stmt {
    Stmt::AnnAssign(ast::StmtAnnAssign {
        node_index: AtomicNodeIndex::NONE,
        range,
        target: Box::new(target),
        annotation: Box::new(annotation),
        value: value.map(Box::new),
        simple: true,
    })
}

pub(crate) fn leave(value: Option<Expr>, range: TextRange) -> Stmt {
    Stmt::Return(ast::StmtReturn { node_index: AtomicNodeIndex::NONE, range, value: value.map(Box::new) })
}

pub(crate) fn raise(value: Expr, range: TextRange) -> Stmt {
    let exc = Some(Box::new(value));
    Stmt::Raise(ast::StmtRaise { node_index: AtomicNodeIndex::NONE, range, exc, cause: None })
}

pub(crate) fn stop(range: TextRange) -> Stmt {
    Stmt::Break(ast::StmtBreak { node_index: AtomicNodeIndex::NONE, range })
}

pub(crate) fn next(range: TextRange) -> Stmt {
    Stmt::Continue(ast::StmtContinue { node_index: AtomicNodeIndex::NONE, range })
}

/// Names assigned here that belong to the module.
pub(crate) fn global(name: &str, range: TextRange) -> Stmt {
    let names = vec![identifier(name, range)];
    Stmt::Global(ast::StmtGlobal { node_index: AtomicNodeIndex::NONE, range, names })
}

/// Names assigned here that belong to an enclosing function.
pub(crate) fn nonlocal(name: &str, range: TextRange) -> Stmt {
    let names = vec![identifier(name, range)];
    Stmt::Nonlocal(ast::StmtNonlocal { node_index: AtomicNodeIndex::NONE, range, names })
}

/// Branches: the first whose test holds is taken; one without a test always is.
pub(crate) fn branches(mut all: Vec<(Option<Expr>, Suite)>, range: TextRange) -> Stmt {
    let rest = all.split_off(usize::from(!all.is_empty()));
    let (test, body) = all.pop().unwrap_or_default();
    let clauses = rest.into_iter().map(|(test, body)| ast::ElifElseClause {
        range,
        node_index: AtomicNodeIndex::NONE,
        test,
        body,
    });
    Stmt::If(ast::StmtIf {
        node_index: AtomicNodeIndex::NONE,
        range,
        test: Box::new(test.unwrap_or_else(|| boolean(true, range))),
        body,
        elif_else_clauses: clauses.collect(),
    })
}

pub(crate) fn while_loop(test: Expr, body: Suite, range: TextRange) -> Stmt {
    let test = Box::new(test);
    Stmt::While(ast::StmtWhile { node_index: AtomicNodeIndex::NONE, range, test, body, orelse: Suite::new() })
}

pub(crate) fn for_loop(target: Expr, iter: Expr, body: Suite, range: TextRange) -> Stmt {
    Stmt::For(ast::StmtFor {
        node_index: AtomicNodeIndex::NONE,
        range,
        is_async: false,
        target: Box::new(target),
        iter: Box::new(iter),
        body,
        orelse: Suite::new(),
    })
}

pub(crate) fn attempt(body: Suite, handler: Option<Suite>, finalbody: Suite, range: TextRange) -> Stmt {
    let handlers = handler.into_iter().map(|body| {
        ast::ExceptHandler::ExceptHandler(ast::ExceptHandlerExceptHandler {
            range,
            node_index: AtomicNodeIndex::NONE,
            type_: None,
            name: None,
            body,
        })
    });
    Stmt::Try(ast::StmtTry {
        node_index: AtomicNodeIndex::NONE,
        range,
        body,
        handlers: handlers.collect(),
        orelse: Suite::new(),
        finalbody,
        is_star: false,
    })
}

/// `import module as bound`
pub(crate) fn import(module: &str, bound: &str, range: TextRange) -> Stmt {
    let names = vec![alias(module, bound, range)];
    Stmt::Import(ast::StmtImport { node_index: AtomicNodeIndex::NONE, range, names, is_lazy: false })
}

/// `from module import item as bound`
pub(crate) fn import_from(module: &str, names: Vec<ast::Alias>, range: TextRange) -> Stmt {
    let module = Some(identifier(module, range));
    Stmt::ImportFrom(ast::StmtImportFrom {
        node_index: AtomicNodeIndex::NONE,
        range,
        module,
        names,
        level: 0,
        is_lazy: false,
    })
}

pub(crate) fn alias(item: &str, bound: &str, range: TextRange) -> ast::Alias {
    ast::Alias {
        range,
        node_index: AtomicNodeIndex::NONE,
        name: identifier(item, range),
        asname: Some(identifier(bound, range)),
    }
}

/// A parameter: its name, annotation and default value.
#[derive(Debug)]
pub(crate) struct Parameter {
    pub name: String,
    pub annotation: Option<Expr>,
    pub default: Option<Expr>,
    pub range: TextRange,
}

fn parameter(parameter: Parameter) -> ast::Parameter {
    ast::Parameter {
        range: parameter.range,
        node_index: AtomicNodeIndex::NONE,
        name: identifier(&parameter.name, parameter.range),
        annotation: parameter.annotation.map(Box::new),
    }
}

pub(crate) fn parameters(all: Vec<Parameter>, rest: Option<Parameter>, range: TextRange) -> ast::Parameters {
    let args = all.into_iter().map(|mut one| ast::ParameterWithDefault {
        range: one.range,
        node_index: AtomicNodeIndex::NONE,
        default: one.default.take().map(Box::new),
        parameter: parameter(one),
    });
    ast::Parameters {
        range,
        node_index: AtomicNodeIndex::NONE,
        posonlyargs: Vec::new().into(),
        args: args.collect(),
        vararg: rest.map(|rest| Box::new(parameter(rest))),
        kwonlyargs: Vec::new().into(),
        kwarg: None,
    }
}

/// A function; `range` distinguishes it from all others in its file.
pub(crate) fn function(
    name: Identifier,
    parameters: ast::Parameters,
    body: Suite,
    decorators: Vec<Expr>,
    range: TextRange,
) -> Stmt {
    let decorators = decorators.into_iter().map(|expression| decorator(expression, range));
    Stmt::FunctionDef(ast::StmtFunctionDef {
        node_index: AtomicNodeIndex::NONE,
        range,
        is_async: false,
        decorator_list: decorators.collect(),
        name,
        type_params: None,
        parameters: Box::new(parameters),
        returns: None,
        body,
    })
}

pub(crate) fn decorator(expression: Expr, range: TextRange) -> ast::Decorator {
    ast::Decorator { range, node_index: AtomicNodeIndex::NONE, expression }
}

pub(crate) fn class(name: Identifier, bases: Vec<Expr>, body: Suite, range: TextRange) -> Stmt {
    let bases = (!bases.is_empty()).then(|| Box::new(arguments(bases, range)));
    Stmt::ClassDef(ast::StmtClassDef {
        node_index: AtomicNodeIndex::NONE,
        range,
        decorator_list: Vec::new().into(),
        name,
        type_params: None,
        arguments: bases,
        body,
    })
}

pub(crate) fn module(body: Suite, range: TextRange) -> ast::ModModule {
    ast::ModModule { node_index: AtomicNodeIndex::NONE, range, body }
}
