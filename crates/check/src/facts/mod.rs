//! What a project shows, whatever it is written in: functions, what each of them does, and which reaches which.
//!
//! A rule sees this and never a syntax tree. In a low-code export a node is a function and an edge is a call.

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
    /// Stores of items that can be searched.
    pub stores: Vec<Store>,
    /// Tools that a model may call.
    pub tools: Vec<Tool>,
    /// Places at which tools are handed to one model together.
    pub agents: Vec<Agent>,
    /// Credentials that an export carries: the file, and bytes of the value.
    pub secrets: Vec<(usize, Range<usize>)>,
    /// MCP servers that a configuration starts or reaches.
    pub servers: Vec<Server>,
    /// Actions that a description offers to a model.
    pub actions: Vec<Action>,
    /// Doors of workflows to the world.
    pub endpoints: Vec<Endpoint>,
    /// What tells assistants what to do.
    pub instructions: Vec<Instruction>,
    /// Models that are asked.
    pub models: Vec<Model>,
    /// What code tells models; exports have their [`Facts::instructions`].
    pub prompts: Vec<Prompt>,
    /// Apps whose platform reviews nothing: the file, and bytes that say so.
    pub unreviewed: Vec<(usize, Range<usize>)>,
    /// What apps say of themselves.
    pub manifests: Vec<Manifest>,
    /// How many nodes there are of each kind, as `format:kind`.
    pub kinds: BTreeMap<String, usize>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
}

/// What an app says of itself, or of the data that it collects.
#[derive(Debug, Clone)]
pub struct Manifest {
    /// Index of the file.
    pub file: usize,
    /// Which of the two.
    pub kind: ManifestKind,
    /// Kinds of data that it says are collected.
    pub collects: Vec<Spanned>,
    /// Bytes that let every connection go unencrypted.
    pub open: Option<Range<usize>>,
}

/// Which manifest of an app a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifestKind {
    /// `Info.plist`: of itself.
    Info,
    /// `PrivacyInfo.xcprivacy`: of the data.
    Privacy,
}

/// A text and its bytes.
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
    /// The program that is started; empty for a server that is reached.
    pub command: Spanned,
    /// Its arguments.
    pub arguments: Vec<Spanned>,
    /// The address of a server that is reached.
    pub url: Option<Spanned>,
    /// Descriptions of its tools, where the configuration holds them.
    pub described: Vec<Spanned>,
    /// It is switched off.
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
    /// It changes something.
    pub writes: bool,
    /// Bytes that say that the user is never asked.
    pub unasked: Option<Range<usize>>,
}

/// A door of a workflow.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Its name.
    pub name: String,
    /// Index of the file.
    pub file: usize,
    /// Bytes of its name.
    pub span: Range<usize>,
    /// It asks nobody who they are.
    pub open: bool,
}

/// What tells an assistant what to do: a file, or a prompt in an export.
#[derive(Debug, Clone)]
pub struct Instruction {
    /// Index of the file.
    pub file: usize,
    /// The prompt as the model gets it, and its bytes; nothing if the whole file is meant.
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

/// A function, the body of a module, or a node.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each asked for by itself")]
pub struct Function {
    /// Its qualified name, for people.
    pub name: String,
    /// Index of its file.
    pub file: usize,
    /// Bytes of its name.
    pub span: Range<usize>,
    /// Bytes of the whole; empty where there is nothing but a name.
    pub body: Range<usize>,
    /// How it is entered from outside, if it is.
    pub entry: Option<Entry>,
    /// A working consent check stands before the whole of it.
    pub consented: bool,
    /// What it calls and does.
    pub calls: Vec<Call>,
    /// Loops without a certain end.
    pub loops: Vec<Loop>,
    /// What is wrong with it as a consent function, if it is one and does not work.
    pub broken_consent: Option<BrokenConsent>,
    /// It deletes what a person asked to delete: by its name.
    pub erases: bool,
    /// A request over HTTP enters it.
    pub http: bool,
    /// What calls it turns away what is not of the type that its parameters declare.
    pub typed: bool,
    /// A person is asked by what calls it before it is entered.
    pub approved: bool,
    /// It stands before every request of the application.
    pub before_all: bool,
    /// Something outside the project makes sure who the caller is before it is entered.
    pub caller_known: bool,
    /// It belongs to something whose name says that it finds out who calls.
    pub finds_caller: bool,
    /// It makes sure of the caller only where a key was set, and lets everybody pass where none was.
    pub lets_pass: bool,
    /// Where the list of those who may is empty, it lets everybody pass.
    pub lets_all: bool,
    /// Functions that a request passes before it.
    pub behind: Vec<FunctionId>,
    /// What it gives back.
    pub returns: Taint,
    /// Its parameters that say whose something is.
    pub keys: Vec<usize>,
    /// What its parameters are told by those who use the package that it belongs to, by what they are called.
    pub told: Vec<Taint>,
}

/// How a function is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A program's start.
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
    /// The resolved path, for people: `chromadb.Collection.query`.
    pub target: String,
    /// Functions of the project that it may enter.
    pub callees: Vec<FunctionId>,
    /// What is known of each argument, by the callee's parameter.
    pub arguments: Vec<Taint>,
    /// What it does beside entering functions.
    pub does: Vec<Deed>,
    /// The person's consent is certain where it stands.
    pub consented: bool,
}

/// What a call does.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Sends content to a model.
    Model {
        /// To whom.
        recipient: Recipient,
        /// What the content is made of.
        content: Taint,
    },
    /// Reads items of a store.
    Retrieve(StoreId),
    /// Reads a store without saying whose items are wanted.
    ForAll(StoreId),
    /// Writes items into a store.
    Store(StoreId, Taint),
    /// Deletes items of a store.
    Erase(StoreId),
    /// Writes to a file or database without encrypting.
    Persist {
        /// What is written.
        content: Taint,
        /// The name of the file or the statement says that it is a conversation.
        conversation: bool,
        /// To a database somewhere else, of which the project does not say how it keeps things.
        remote: bool,
    },
    /// Writes what somebody said into a log that is kept in files.
    Log(Taint),
    /// Reads rows that say something of people, or changes rows, through objects.
    Rows {
        /// They are made, changed or deleted.
        changes: bool,
    },
    /// Runs something that was given to it as text.
    Run {
        /// What it runs.
        sink: Sink,
        /// What the text is made of.
        content: Taint,
        /// The parameter that is run as it was given, of this function or of one around it.
        given: Option<(FunctionId, usize)>,
    },
    /// Asks an address of which nothing stands in the program.
    Ask(Taint),
    /// Writes settings of the program.
    Configure(Taint),
    /// Answers with settings of the program, and the keys in them.
    Reveal,
    /// Opens, writes or deletes a file whose path is put together.
    Open {
        /// It is written, moved or deleted.
        changes: bool,
        /// What the path is made of.
        path: Taint,
        /// The path is what somebody gave, as it is.
        whole: bool,
        /// It ends with a parameter, which is put below a folder.
        below: bool,
    },
    /// Sends data to an address that is no model's.
    Send {
        /// The host, if it is known.
        host: Option<String>,
        /// What is sent.
        content: Taint,
    },
    /// Uses a memory of people in which everybody has the same name.
    Shared {
        /// The name.
        name: String,
        /// What is asked or kept.
        content: Taint,
    },
    /// Asks a model with a conversation that is one list for the whole program.
    OneHistory {
        /// The list's name.
        name: String,
        /// What is asked.
        content: Taint,
    },
    /// Puts content into a system prompt.
    SystemPrompt(Taint),
    /// Is wrong by itself.
    Flaw(Flaw),
    /// Starts an agent whose number of rounds is not limited.
    Unlimited,
    /// Asks for consent and does not use the answer.
    UnusedConsent,
    /// Reads or writes what belongs to the person whom a key names. What the key is made of.
    Keyed(Taint),
    /// Makes something look hidden that is not.
    Disguise {
        /// How.
        how: Disguise,
        /// What was disguised.
        content: Taint,
    },
    /// Publishes something, or sends it to people.
    Publish(Taint),
    /// Shows a protection.
    Guard(Guard),
}

/// How something is made to look hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disguise {
    /// A hash without a key over a number of which there are so few that all can be tried.
    HashOfNumber,
    /// A hash that is made as fast as others over a password, of which people choose few.
    HashOfPassword,
    /// A hash without a key in a function that says that it makes people unrecognisable.
    HashAsMask,
    /// Base64 in a function that says that it encrypts or masks.
    Encoding,
}

/// A protection that a call shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// It is written to a log or a trace.
    Logged,
    /// The number of requests is limited.
    RateLimited,
    /// The length of a model's answer is limited.
    AnswerBounded,
    /// What is kept ends by itself.
    Expires,
    /// What it takes runs again and again.
    Scheduled,
    /// The caller is made sure of.
    CallerKnown,
}

/// What is wrong with a call by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Every visitor of the page gets the key.
    KeyInBrowser,
    /// Everybody who has the app has the key.
    KeyInApp,
    /// A key or password is kept where the preferences are.
    SecretInPreferences,
    /// The certificate of the other side is not checked.
    CertificateUnchecked,
    /// What is sent crosses a network that is not the machine's own without encryption.
    Unencrypted,
    /// What is encrypted can be worked out.
    WeakCipher,
    /// The key or the first vector of an encryption is written out.
    FixedKey,
    /// An agent is told to ask nobody before what it does.
    AsksNobody,
    /// A coding agent is started so that it runs any command without asking.
    SkipsPermissions,
    /// Nobody looks whether a message was signed by the service that it seems to come from.
    SignatureUnchecked,
    /// The tools of a server are offered to every machine that reaches this one.
    OffersToAll,
    /// A page is shown to everybody who reaches this machine, or has a link.
    PageForAll,
    /// A switch of a framework is set after which it trusts what others wrote.
    Switch(Switch),
}

/// A switch of a framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch {
    /// Code that comes with a model is run, whatever it is by then.
    ForeignCode,
    /// A model may send any request.
    AnyRequest,
    /// Objects are decoded that can be programs.
    Decoder {
        /// Somebody else says where they are.
        brought: bool,
    },
    /// What a model writes runs on the machine itself.
    NoContainer,
    /// The filters against harmful content are off.
    FilterOff,
}

/// What runs text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sink {
    /// Code.
    Code,
    /// A shell.
    Shell,
    /// A database.
    Sql,
    /// A template engine.
    Template,
    /// An unsafe decoder of objects.
    Pickle,
    /// A browser, as part of a page.
    Html,
    /// What starts a server of tools.
    Server,
}

/// Who answers a model call.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Recipient {
    /// The id of a known provider.
    pub provider: Option<String>,
    /// The host, if it is written out.
    pub host: Option<String>,
    /// The address is fixed in the source, so that no variable can lead the call through the gateway.
    pub fixed: bool,
    /// Nothing in the source says where it goes: the library's own address, or one that a configuration names.
    pub open: bool,
    /// It stays on this machine.
    pub local: bool,
}

/// A loop without a certain end.
#[derive(Debug, Clone)]
pub struct Loop {
    /// Bytes of its head.
    pub span: Range<usize>,
    /// Bytes of the whole.
    pub body: Range<usize>,
    /// Every round waits for a person.
    pub paced: bool,
    /// It handles tool calls.
    pub tools: bool,
}

/// A tool that a model may call.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does to the world.
    pub effect: Effect,
    /// Index of its file.
    pub file: usize,
    /// Bytes of its definition.
    pub span: Range<usize>,
    /// The function that defines or implements it.
    pub function: Option<FunctionId>,
    /// Where it is carried out, if that is somewhere else: index of the file, and bytes.
    pub acts: Option<(usize, Range<usize>)>,
}

/// A place at which tools are handed to one model together.
#[derive(Debug, Clone, Default)]
pub struct Agent {
    /// Index of its file.
    pub file: usize,
    /// Bytes of the call.
    pub span: Range<usize>,
    /// The tools that it holds.
    pub holds: Vec<Held>,
    /// It waits for a person before it goes on.
    pub asks: bool,
    /// It is a server that offers its tools to any agent.
    pub server: bool,
}

/// A tool in the hands of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its name.
    pub name: String,
    /// What it does to the world.
    pub effect: Effect,
    /// The function that implements it.
    pub function: Option<FunctionId>,
    /// A library's tool that reads what strangers wrote.
    pub reads: bool,
    /// A library's tool, of which it is known what it does.
    pub known: bool,
}

/// Why a consent function counts as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenConsent {
    /// It always says yes.
    AlwaysYes,
    /// As a decorator it runs what it wraps whatever the answer is.
    RunsAnyway,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Gap {
    /// The file, or the empty string for the project.
    pub path: String,
    /// The line, 0 if there is none.
    pub line: u32,
    /// Why.
    pub why: GapKind,
}

/// Why something was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GapKind {
    /// Its syntax is broken.
    Syntax,
    /// It is larger than a source file is.
    TooLarge,
    /// It is no UTF-8 text.
    NotText,
    /// It is in GB18030: its code was followed, its words in Chinese were not read.
    Encoding,
    /// It cannot be opened.
    Unreadable,
    /// Nested too deeply, or too many parts.
    TooComplex,
    /// There is no front end for the language.
    Language,
    /// It looks like a platform's export, and is of no format that is read.
    Format,
    /// It is a test, which no user runs.
    Test,
    /// It was copied in from another project.
    Foreign,
    /// Code is built while it runs.
    Dynamic,
    /// Code inside a node of an export cannot be understood; the rest of the export was read.
    Inside,
    /// No program start was found: every public function was taken for one.
    NoEntry,
}

impl Instruction {
    /// What a model is told.
    pub fn text<'a>(&'a self, facts: &'a Facts) -> &'a str {
        let whole = || facts.files.get(self.file).map_or("", |file| file.text.as_str());
        self.part.as_ref().map_or_else(whole, |part| part.text.as_str())
    }

    /// Bytes of the file for bytes of the text: of the whole prompt where the file writes them in another way.
    pub fn place(&self, facts: &Facts, span: Range<usize>) -> Range<usize> {
        let Some(part) = &self.part else { return span };
        let said = part.text.get(span).map(str::trim).filter(|said| !said.is_empty());
        let raw = facts.files.get(self.file).and_then(|file| file.text.get(part.span.clone()));
        let at = said.zip(raw).and_then(|(said, raw)| Some((raw.find(said)? + part.span.start, said.len())));
        at.map_or_else(|| part.span.clone(), |(at, len)| at..at + len)
    }
}

impl Facts {
    /// The place of some bytes in a file.
    pub fn place(&self, file: usize, span: Range<usize>) -> Place {
        let (path, line) = self.files.get(file).map_or((String::new(), 1), |file| {
            let before = file.text.as_bytes().get(..span.start).unwrap_or_default();
            (file.path.clone(), 1 + memchr_count(before))
        });
        Place { path, line: u32::try_from(line).unwrap_or(u32::MAX), span }
    }

    /// The place of a call.
    pub fn call_place(&self, function: FunctionId, call: &Call) -> Place {
        self.place(self.functions.get(function).map_or(0, |function| function.file), call.span.clone())
    }

    /// A step of a path: the place, and the function in which it stands.
    pub fn step(&self, function: FunctionId, span: Range<usize>) -> Step {
        let (file, name) = self
            .functions
            .get(function)
            .map_or((0, String::new()), |function| (function.file, function.name.clone()));
        Step { place: self.place(file, span), function: name }
    }

    /// Every call with the function in which it stands.
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
