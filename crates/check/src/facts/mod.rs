//! What a project contains, whatever language it is written in: its functions, what each of them does, and which
//! reaches which.
//!
//! Rules see only this, never a syntax tree. In a low-code export a node is a function and an edge is a call.

mod device;
mod named;
mod reach;
mod sites;
mod store;
mod taint;
mod template;

use std::collections::BTreeMap;
use std::ops::Range;

use ombud_core::effect::Effect;
use ombud_core::finding::{Place, Step};
pub(crate) use ombud_core::host::is_loopback as loopback;

pub use device::DeviceData;
pub use named::{Model, Prompt};
pub use reach::Reach;
pub(crate) use reach::is_model;
pub(crate) use sites::Sites;
pub use store::{Owner, Store};
pub use taint::Taint;
pub use template::{Piece, Template};
pub(crate) use template::{host as host_of, is_near as near};

/// The index of a function in [`Facts::functions`].
pub type FunctionId = usize;

/// The index of a store in [`Facts::stores`].
pub type StoreId = usize;

/// Everything that the front ends found.
#[derive(Debug, Default)]
pub struct Facts {
    /// The files that were read, with their text.
    pub files: Vec<File>,
    /// Functions, bodies of modules, and nodes of low-code graphs.
    pub functions: Vec<Function>,
    /// Searchable stores of items.
    pub stores: Vec<Store>,
    /// Tools that a model may call.
    pub tools: Vec<Tool>,
    /// Call sites at which tools are handed to one model together.
    pub agents: Vec<Agent>,
    /// Credentials that an export contains: file index and byte range of the value.
    pub secrets: Vec<(usize, Range<usize>)>,
    /// MCP servers that a configuration starts or connects to.
    pub servers: Vec<Server>,
    /// Actions that a description offers to a model.
    pub actions: Vec<Action>,
    /// Entry points of workflows that the outside world can reach.
    pub endpoints: Vec<Endpoint>,
    /// Instructions for assistants.
    pub instructions: Vec<Instruction>,
    /// Models that are called.
    pub models: Vec<Model>,
    /// Prompts in code; those of exports are in [`Facts::instructions`].
    pub prompts: Vec<Prompt>,
    /// Apps that their platform does not moderate: file index and byte range of the evidence.
    pub unreviewed: Vec<(usize, Range<usize>)>,
    /// Manifests in which apps describe themselves.
    pub manifests: Vec<Manifest>,
    /// How many nodes there are of each kind, as `format:kind`.
    pub kinds: BTreeMap<String, usize>,
    /// What was not examined.
    pub gaps: Vec<Gap>,
}

/// An app's manifest: a description of the app itself, or of the data that it collects.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Index of the file.
    pub file: usize,
    /// Which of the two.
    pub kind: ManifestKind,
    /// Kinds of data that it declares as collected.
    pub collects: Vec<Spanned>,
    /// Byte range of the setting that permits unencrypted connections to any host.
    pub open: Option<Range<usize>>,
}

/// Which of an app's manifests a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestKind {
    /// `Info.plist`: describes the app itself.
    Info,
    /// `PrivacyInfo.xcprivacy`: describes the data that the app collects.
    Privacy,
}

/// A text and its byte range in the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spanned {
    /// The text.
    pub text: String,
    /// Bytes of the file.
    pub span: Range<usize>,
}

/// An MCP server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Its name in the configuration.
    pub name: String,
    /// Index of the file.
    pub file: usize,
    /// Bytes of its entry.
    pub span: Range<usize>,
    /// The program that is started; empty for a remote server.
    pub command: Spanned,
    /// Its arguments.
    pub arguments: Vec<Spanned>,
    /// The address of a remote server.
    pub url: Option<Spanned>,
    /// Descriptions of its tools, where the configuration contains them.
    pub described: Vec<Spanned>,
    /// Whether it is disabled.
    pub disabled: bool,
}

/// An action that a description offers to a model.
#[derive(Debug, Clone)]
pub struct Action {
    /// Its name.
    pub name: String,
    /// Index of the file.
    pub file: usize,
    /// Bytes of its name.
    pub span: Range<usize>,
    /// Whether it changes anything.
    pub writes: bool,
    /// Byte range of the setting that skips the user's confirmation.
    pub unasked: Option<Range<usize>>,
}

/// An entry point of a workflow.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Index of the file.
    pub file: usize,
    /// Bytes of its name.
    pub span: Range<usize>,
    /// Whether it requires no authentication.
    pub open: bool,
}

/// Instructions for an assistant: a file, or a prompt in an export.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// Index of the file.
    pub file: usize,
    /// The prompt as the model receives it, and its byte range; `None` if the whole file is meant.
    pub part: Option<Spanned>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct File {
    /// Path relative to the project, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A function, the body of a module, or a node of a low-code graph.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each queried on its own")]
pub struct Function {
    /// Its qualified name, for display.
    pub name: String,
    /// Index of its file.
    pub file: usize,
    /// Bytes of its name.
    pub span: Range<usize>,
    /// Bytes of the whole function; empty where there is nothing but a name.
    pub body: Range<usize>,
    /// How it is entered from outside, if at all.
    pub entry: Option<Entry>,
    /// Whether a working consent check guards the whole function.
    pub consented: bool,
    /// Its calls and what they do.
    pub calls: Vec<Call>,
    /// Loops without a certain end.
    pub loops: Vec<Loop>,
    /// Why its consent check does not work, if it is a consent function.
    pub broken_consent: Option<BrokenConsent>,
    /// Whether it deletes data on a person's request, judged by its name.
    pub erases: bool,
    /// Whether an HTTP request enters it.
    pub http: bool,
    /// Whether its caller rejects arguments that do not match the declared parameter types.
    pub typed: bool,
    /// Whether its caller asks a person for approval before entering it.
    pub approved: bool,
    /// Whether it runs before every request of the application.
    pub before_all: bool,
    /// Whether the caller is authenticated: by the function itself, or by something outside the project before
    /// it is entered.
    pub caller_known: bool,
    /// Whether it belongs to something whose name says that it identifies the caller.
    pub finds_caller: bool,
    /// Whether it authenticates the caller only if a key was configured, and lets everybody pass otherwise.
    pub lets_pass: bool,
    /// Whether it lets everybody pass while the list of permitted callers is empty.
    pub lets_all: bool,
    /// Functions that a request passes before it.
    pub behind: Vec<FunctionId>,
    /// Origins of what it returns.
    pub returns: Taint,
    /// Indices of the parameters that say whose data is meant.
    pub keys: Vec<usize>,
    /// What users of the package pass to its parameters, inferred from the parameters' names.
    pub told: Vec<Taint>,
}

/// How a function is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The start of a program.
    Program,
    /// A framework calls it: a route, a handler, a start node.
    Handler,
    /// A model calls it.
    Tool,
}

/// A call, and what it does.
#[derive(Debug, Default)]
pub struct Call {
    /// Bytes of the call.
    pub span: Range<usize>,
    /// The resolved path, for display: `chromadb.Collection.query`.
    pub target: String,
    /// Functions of the project that it may enter.
    pub callees: Vec<FunctionId>,
    /// Origins of each argument, by the callee's parameter index.
    pub arguments: Vec<Taint>,
    /// What it does besides entering functions.
    pub does: Vec<Deed>,
    /// Whether the person's consent is certain at this point.
    pub consented: bool,
}

/// What a call does.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Sends content to a model.
    Model {
        /// The recipient.
        recipient: Recipient,
        /// Origins of the content.
        content: Taint,
    },
    /// Reads items of a store.
    Retrieve(StoreId),
    /// Reads a store without saying whose items are meant.
    ForAll(StoreId),
    /// Writes items into a store.
    Store(StoreId, Taint),
    /// Deletes items of a store.
    Erase(StoreId),
    /// Writes to a file or database without encryption.
    Persist {
        /// Origins of what is written.
        content: Taint,
        /// Whether the file name or the statement says that it is a conversation.
        conversation: bool,
        /// Whether it goes to a remote database; the project does not say how that one stores things.
        remote: bool,
    },
    /// Writes a person's words into a log that is kept in files.
    Log(Taint),
    /// Reads rows about people, or changes rows, through an object mapper.
    Rows {
        /// Whether rows are created, changed or deleted.
        changes: bool,
    },
    /// Executes a text that was passed to it.
    Run {
        /// What executes the text.
        sink: Sink,
        /// Origins of the text.
        content: Taint,
        /// The parameter that is executed unchanged, of this function or of an enclosing one.
        given: Option<(FunctionId, usize)>,
    },
    /// Sends a request to an address whose host the program does not fix.
    Ask(Taint),
    /// Writes settings of the program.
    Configure(Taint),
    /// Responds with settings of the program, including the keys in them.
    Reveal,
    /// Opens, writes or deletes a file whose path is composed at run time.
    Open {
        /// Whether it is written, moved or deleted.
        changes: bool,
        /// Origins of the path.
        path: Taint,
        /// Whether the path is used exactly as it was passed in.
        whole: bool,
        /// Whether the path ends with a parameter that is appended to a folder.
        below: bool,
    },
    /// Sends data to an address that belongs to no model.
    Send {
        /// The host, if known.
        host: Option<String>,
        /// Origins of what is sent.
        content: Taint,
    },
    /// Uses a memory of people under one name for everybody.
    Shared {
        /// The name.
        name: String,
        /// Origins of what is asked or stored.
        content: Taint,
    },
    /// Reads a memory of people without selecting one person's part.
    Unselected {
        /// The store's name.
        store: String,
        /// Origins of what is asked.
        content: Taint,
    },
    /// Calls a model with a conversation that is kept in one list for the whole program.
    OneHistory {
        /// The list's name.
        name: String,
        /// Origins of what is asked.
        content: Taint,
    },
    /// Puts content into a system prompt.
    SystemPrompt(Taint),
    /// Is a flaw in itself.
    Flaw(Flaw),
    /// Starts an agent without limiting its number of rounds.
    Unlimited,
    /// Asks for consent and ignores the answer.
    UnusedConsent,
    /// Reads or writes the data of the person that a key names, with the origins of that key.
    Keyed(Taint),
    /// Makes something look protected although it is not.
    Disguise {
        /// How.
        how: Disguise,
        /// Origins of what was disguised.
        content: Taint,
    },
    /// Publishes something, or sends it to people.
    Publish(Taint),
    /// Is a protection.
    Guard(Guard),
}

/// How something is made to look protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disguise {
    /// An unkeyed hash of a number from a space small enough to try every value.
    HashOfNumber,
    /// A fast hash of a password, which people choose from a small space.
    HashOfPassword,
    /// An unkeyed hash in a function that claims to anonymise people.
    HashAsMask,
    /// Base64 in a function that claims to encrypt or mask.
    Encoding,
}

/// A protection shown by a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// Activity is written to a log or a trace.
    Logged,
    /// The rate of requests is limited.
    RateLimited,
    /// The length of a model's response is limited.
    AnswerBounded,
    /// Stored data expires.
    Expires,
    /// A function is scheduled to run repeatedly.
    Scheduled,
    /// The caller is authenticated.
    CallerKnown,
}

/// A flaw of a call in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Every visitor of the page receives the key.
    KeyInBrowser,
    /// Everybody who has the app has the key.
    KeyInApp,
    /// A key or password is stored among the preferences.
    SecretInPreferences,
    /// The peer's certificate is not verified.
    CertificateUnchecked,
    /// Data crosses a network outside the operator's own unencrypted.
    Unencrypted,
    /// The encryption is weak enough to be broken.
    WeakCipher,
    /// The key or the initialisation vector is hard-coded.
    FixedKey,
    /// An agent is configured to act without asking anybody.
    AsksNobody,
    /// A coding agent is started so that it runs any command without asking.
    SkipsPermissions,
    /// Nobody checks whether a message was signed by the service that it seems to come from.
    SignatureUnchecked,
    /// The tools of a server are offered to every machine that can reach this one.
    OffersToAll,
    /// A page is shown to everybody who can reach this machine or has a link.
    PageForAll,
    /// A framework option makes it trust what others wrote.
    Switch(Switch),
}

/// A framework option that is unsafe when set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Code that comes with a model is run, whatever it may have become.
    ForeignCode,
    /// A model may send any request.
    AnyRequest,
    /// Objects are decoded by a decoder that can run code.
    Decoder {
        /// Whether somebody else decides where they are read from.
        brought: bool,
    },
    /// Code that a model writes runs on the machine itself.
    NoContainer,
    /// The filters against harmful content are off.
    FilterOff,
}

/// What executes a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// A code interpreter.
    Code,
    /// A shell.
    Shell,
    /// A database.
    Sql,
    /// A template engine.
    Template,
    /// An unsafe object decoder.
    Pickle,
    /// A browser, as part of a page.
    Html,
    /// The launcher of a tool server.
    Server,
}

/// The recipient of a model call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// The id of a known provider.
    pub provider: Option<String>,
    /// The host, if it is written out.
    pub host: Option<String>,
    /// Whether the source fixes the address, so that no variable can redirect the call through the gateway.
    pub fixed: bool,
    /// Whether the source does not say where it goes: the library's default address, or one from a configuration.
    pub open: bool,
    /// Whether it stays on this machine.
    pub local: bool,
}

/// A loop without a certain end.
#[derive(Debug, Clone)]
pub struct Loop {
    /// Bytes of its head.
    pub span: Range<usize>,
    /// Bytes of the whole loop.
    pub body: Range<usize>,
    /// Whether every round waits for a person.
    pub paced: bool,
    /// Whether it handles tool calls.
    pub tools: bool,
}

/// A tool that a model may call.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its effect class.
    pub effect: Effect,
    /// Index of its file.
    pub file: usize,
    /// Bytes of its definition.
    pub span: Range<usize>,
    /// The function that defines or implements it.
    pub function: Option<FunctionId>,
    /// Where its effect happens, if elsewhere: file index and byte range.
    pub acts: Option<(usize, Range<usize>)>,
}

/// A call site at which tools are handed to one model together.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    /// Index of its file.
    pub file: usize,
    /// Bytes of the call.
    pub span: Range<usize>,
    /// The tools that it holds.
    pub holds: Vec<Held>,
    /// Whether it waits for a person before it continues.
    pub asks: bool,
    /// Whether it is a server that offers its tools to any agent.
    pub server: bool,
}

/// A tool held by an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// Its effect class.
    pub effect: Effect,
    /// The function that implements it.
    pub function: Option<FunctionId>,
    /// Whether it reads what strangers wrote.
    pub reads: bool,
    /// Whether what it does is known, as for a library's tool.
    pub known: bool,
}

/// Why a consent function does not count as one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenConsent {
    /// It always says yes.
    AlwaysYes,
    /// As a decorator it runs what it wraps whatever the answer is.
    RunsAnyway,
}

/// Something that was not examined.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Gap {
    /// The file, or the empty string for the project.
    pub path: String,
    /// The line, 0 if there is none.
    pub line: u32,
    /// The reason.
    pub why: GapKind,
}

/// Why something was not examined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// It has a syntax error.
    Syntax,
    /// It is too large for a source file.
    TooLarge,
    /// It is not UTF-8 text.
    NotText,
    /// It is encoded as GB18030: its code was followed, but its Chinese text was not read.
    Encoding,
    /// It cannot be opened.
    Unreadable,
    /// It is nested too deeply or has too many parts.
    TooComplex,
    /// No front end supports the language.
    Language,
    /// It looks like a platform's export, but its format is not supported.
    Format,
    /// It is a test, which no user runs.
    Test,
    /// It was copied in from another project.
    Foreign,
    /// Code is generated at run time.
    Dynamic,
    /// Code inside a node of an export could not be understood; the rest of the export was read.
    Inside,
    /// No program start was found, so every public function was treated as one.
    NoEntry,
}

impl Instruction {
    /// Returns the text that the model receives.
    pub fn text<'a>(&'a self, facts: &'a Facts) -> &'a str {
        let whole = || facts.files.get(self.file).map_or("", |file| file.text.as_str());
        self.part.as_ref().map_or_else(whole, |part| part.text.as_str())
    }

    /// Maps bytes of the text to bytes of the file; yields the whole prompt where the file writes them differently.
    pub fn place(&self, facts: &Facts, span: Range<usize>) -> Range<usize> {
        let Some(part) = &self.part else { return span };
        let said = part.text.get(span).map(str::trim).filter(|said| !said.is_empty());
        let raw = facts.files.get(self.file).and_then(|file| file.text.get(part.span.clone()));
        let at = said.zip(raw).and_then(|(said, raw)| Some((raw.find(said)? + part.span.start, said.len())));
        at.map_or_else(|| part.span.clone(), |(at, len)| at..at + len)
    }
}

impl Facts {
    /// Returns the location of a byte range in a file.
    pub fn place(&self, file: usize, span: Range<usize>) -> Place {
        let (path, line) = self.files.get(file).map_or((String::new(), 1), |file| {
            let before = file.text.as_bytes().get(..span.start).unwrap_or_default();
            (file.path.clone(), 1 + memchr_count(before))
        });
        Place { path, line: u32::try_from(line).unwrap_or(u32::MAX), span }
    }

    /// Returns the location of a call.
    pub fn call_place(&self, function: FunctionId, call: &Call) -> Place {
        self.place(self.functions.get(function).map_or(0, |function| function.file), call.span.clone())
    }

    /// Returns a step of a path: the location, and the function that contains it.
    pub fn step(&self, function: FunctionId, span: Range<usize>) -> Step {
        let (file, name) = self
            .functions
            .get(function)
            .map_or((0, String::new()), |function| (function.file, function.name.clone()));
        Step { place: self.place(file, span), function: name }
    }

    /// Iterates over every call with the function that contains it.
    pub fn calls(&self) -> impl Iterator<Item = (FunctionId, &Call)> {
        self.functions
            .iter()
            .enumerate()
            .flat_map(|(id, function)| function.calls.iter().map(move |call| (id, call)))
    }
}

fn memchr_count(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}
