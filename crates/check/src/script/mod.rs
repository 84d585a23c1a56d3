//! Reads JavaScript and TypeScript files, with and without JSX, into modules of the evaluator.
//!
//! oxc parses and resolves names; its result is lowered to the small tree that the evaluator reads (see [`lower`]).

mod build;
mod compiled;
pub(crate) mod component;
mod enumeration;
mod expression;
mod function;
mod jsx;
mod lower;
mod module;
mod packages;
mod pattern;
mod resolve;
mod routes;
mod statement;

use oxc_allocator::Allocator;
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use ruff_python_ast::ModModule;

use crate::code::{self, Limits, Parsed, Tongue};
use crate::facts::{Facts, File, Gap, GapKind};
use crate::memory::Memory;
use crate::providers::Providers;
use crate::survey::Language;
use lower::Lower;
use resolve::Resolver;

/// Reads the scripts of a project into facts. `files` are indices of `facts.files`; `around` are those of code files that may
/// contain pages in their strings.
pub(crate) fn read(
    memory: &mut Memory,
    facts: &mut Facts,
    files: &[usize],
    around: &[usize],
    providers: &Providers,
    consent_functions: &[String],
) {
    let paths = files.iter().filter_map(|index| facts.files.get(*index)).map(|file| file.path.as_str());
    let resolver = Resolver::new(&facts.files, paths);
    // The tree contains resolved imports: with other files, they may resolve differently.
    let names = memory.aside(|| resolver.key());
    let mut parsed = Vec::new();
    let mut allocator = Allocator::default();
    for &index in files {
        let Some(file) = facts.files.get(index) else { continue };
        let tree = memory.tree(&file.path, &file.text, names, || parse(&allocator, file, &resolver));
        match tree {
            Ok(body) => {
                parsed.push(Parsed {
                    file: index,
                    stem: resolve::stem(&file.path),
                    body,
                    tongue: Tongue::Script,
                });
            }
            // A page that does not parse is a template of something else, so nothing is missed.
            Err(_) if component::is_page(&file.path) => {}
            Err(gap) => facts.gaps.push(gap),
        }
        allocator.reset();
    }
    let holds =
        |index: &&usize| facts.files.get(**index).is_some_and(|file| component::holds_page(&file.text));
    for &index in files.iter().chain(around).filter(holds) {
        let Some(file) = facts.files.get(index).filter(|file| !component::is_component(&file.path)) else {
            continue;
        };
        let page =
            || parse_text(&allocator, file, &component::within(&file.text), SourceType::ts(), &resolver);
        let path = format!("{}#page", file.path);
        // Whatever does not parse is not a page.
        if let Ok(body) = memory.tree(&path, &file.text, names, page) {
            parsed.push(Parsed { file: index, stem: path, body, tongue: Tongue::Script });
        }
        allocator.reset();
    }
    code::read(facts, &parsed, providers, &Limits::new(consent_functions));
}

/// Returns the facts of a script embedded in another file; `None` if it does not parse.
pub(crate) fn inside(text: &str, providers: &Providers) -> Option<Facts> {
    let mut inner = Facts::default();
    inner.files.push(File { path: "component.ts".to_owned(), text: text.to_owned() });
    read(&mut Memory::default(), &mut inner, &[0], &[], providers, &[]);
    (!inner.gaps.iter().any(|gap| gap.why == GapKind::Syntax)).then_some(inner)
}

/// Returns the tree of a single file, if it is a script and parses.
pub(crate) fn tree(file: &File) -> Option<ModModule> {
    let script = matches!(Language::of(&file.path), Some(Language::JavaScript));
    let alone = || parse(&Allocator::default(), file, &Resolver::default()).ok();
    script.then(alone).flatten()
}

/// Whether a text is a script without syntax errors.
pub(crate) fn reads(path: &str, text: &str) -> bool {
    let source = SourceType::from_path(path).unwrap_or_default();
    let clean = |source| Parser::new(&Allocator::default(), text, source).parse().diagnostics.is_empty();
    clean(source) || !source.is_jsx() && clean(source.with_jsx(true))
}

fn parse(allocator: &Allocator, file: &File, resolver: &Resolver) -> Result<ModModule, Gap> {
    if component::is_component(&file.path) {
        return parse_text(allocator, file, &component::code(&file.text), SourceType::ts(), resolver);
    }
    let source = SourceType::from_path(&file.path).unwrap_or_default();
    parse_text(allocator, file, &file.text, source, resolver)
}

fn parse_text(
    allocator: &Allocator,
    file: &File,
    text: &str,
    source: SourceType,
    resolver: &Resolver,
) -> Result<ModModule, Gap> {
    let once = without_second_hashbang(text);
    let text = once.as_deref().map_or(text, |once| allocator.alloc_str(once));
    let mut read = Parser::new(allocator, text, source).parse();
    // A file named `.js` or `.ts` may still contain JSX.
    if !read.diagnostics.is_empty() && !source.is_jsx() {
        let again = Parser::new(allocator, text, source.with_jsx(true)).parse();
        if again.diagnostics.is_empty() {
            read = again;
        }
    }
    if read.panicked || (read.program.body.is_empty() && !read.diagnostics.is_empty()) {
        return Err(Gap {
            path: file.path.clone(),
            line: line(&read.diagnostics, &file.text),
            why: GapKind::Syntax,
        });
    }
    let semantic = SemanticBuilder::new().build(&read.program).semantic;
    let lower = Lower::new(semantic.scoping(), resolver, &file.path);
    Ok(lower.program(&read.program))
}

/// Turns a second `#!` line, pushed down by a bundler's own, into a comment; all offsets are kept.
fn without_second_hashbang(text: &str) -> Option<String> {
    let rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (first, rest) = rest.split_once('\n').filter(|(first, _)| first.starts_with("#!"))?;
    let again = rest.trim_start();
    let at = text.len() - again.len();
    let found = again.starts_with("#!") && !first.is_empty();
    found.then(|| [text.get(..at).unwrap_or_default(), "//", again.get(2..).unwrap_or_default()].concat())
}

/// Returns the line of the first error.
fn line(diagnostics: &[OxcDiagnostic], text: &str) -> u32 {
    let label = diagnostics.first().and_then(|first| first.labels.first());
    let offset = label.map_or(0, |label| usize::try_from(label.offset()).unwrap_or(usize::MAX));
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    u32::try_from(before.split(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}
