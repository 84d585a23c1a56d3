//! English templates.
//!
//! Slots: `P` a full name, `G` a given name, `L` a family name, `R` a name with the family name first, `p` and `g` a full and a
//! given name in lower case, `I` a name with initials, `S` a Chinese name, `M` a medical term, `J` a job, `W` a heading, `K` a
//! label, `V` a key, `C` a place, `c` one in lower case, `Y` a well-known one, `Z` one with an article, `A` an address, `O` an
//! organisation, `T` a number, `D` a date, `B` somebody well known, `F` a well-known organisation, `b` and `f` the same in
//! lower case.

use ombud_core::DataType;

use super::companies::{FIRST, FORMS, SECOND, WITH_ARTICLE};
use super::words::{HEADINGS, JOBS, KEYS, LABELS, MEDICAL};
use super::{Filling, address, digits};
use crate::train::gazetteer::Lists;
use crate::train::random::Random;

pub(super) const TEMPLATES: &[&str] = &[
    "hey {g}, can you look at this?",
    "hi im {p} and i need help with my order",
    "my name is {p}, i live in {c}",
    "{g} said she'd send it tomorrow",
    "lol {g} broke prod again",
    "ask {g} about the invoice",
    "can u email {p} for me",
    "me and {g} went to {c} last weekend",
    "thx {g}!",
    "is {g} coming tonight or not",
    "my boss {p} keeps texting me at night",
    "my ex {g} won't stop calling",
    "i work with {p} at {O}",
    "@{g} pls review",
    "{g}: are we still on for lunch?",
    "idk ask {p}",
    "my daughter {g} is 7 and hates math",
    "yo {g} wheres the doc",
    "Mr. {L} called twice this morning.",
    "Please forward this to Ms. {L} and Dr. {L}.",
    "Mrs {L} is allergic to penicillin.",
    "I spoke with Professor {L} about the grade.",
    "Dear {P},\nThank you for your letter.",
    "Dear Ms {L},",
    "Hi {G},\nHope you are well.",
    "Kind regards,\n{P}",
    "Best,\n{G}\n{O}",
    "Thanks,\n{P}\n{O}\n{A}",
    "Write a condolence message to {P}'s family.",
    "Summarise {P}'s performance this year.",
    "Translate {G}'s message into French.",
    "What should I say to {G} about the rent?",
    "{P} owes me money and ignores my calls.",
    "Draft a warning letter to {P} for being late.",
    "Does {P} have any outstanding balance?",
    "Book a table for {P} at eight.",
    "Remind {G} to bring the passport.",
    "My husband {P} was diagnosed last week.",
    "I am {P}, a nurse from {C}.",
    "This is {P} calling about claim {T}.",
    "Speaking is {P}.",
    "Who is {P}?",
    "{P} and {P} got married in {C}.",
    "{P}, {P} and {P} were absent.",
    "{P} ({O}) joined the call at nine.",
    "We hired {P} as our lawyer.",
    "Attendees: {P}, {P}, {I}",
    "Prepared by: {P}",
    "Approved by {I} on {D}",
    "Tenant: {P}\nUnit: {T}\nAddress: {A}",
    "Borrower {P} of {A} agrees to pay {T}.",
    "Witness: {R}",
    "Customer: {R}",
    "Author: {R} ({D})",
    "Surname, first name: {R}",
    "Account holder {P}, sort code {T}",
    "Beneficiary: {P}; bank: {O}",
    "{D} INFO user={P} action=update",
    "{D} {P} signed in from a new device",
    "[{D}] Ticket {T} assigned to {P}",
    "[WARN] {P}: three failed logins",
    "{D} - {P} opened case {T}",
    "caller: {P}; queue: billing; wait: {T}s",
    "{P} <someone@example.com> wrote:",
    "From: {P}\nTo: {P}\nSubject: minutes",
    "\"full_name\": \"{P}\", \"city\": \"{C}\"",
    "name={P}; city={C}",
    "{P},{T},{C}",
    "{T}\t{P}\t{O}",
    "| {P} | {C} | {T} |",
    "* {P}\n* {P}\n* {P}",
    "1) {P}\n2) {P}",
    "{\"a\": 1} {P}",
    "Commit by {P}: fix typo",
    "Reviewed-by: {P}",
    "- {P} will prepare the slides",
    "Pt {P}, 54F, c/o chest pain since {D}.",
    "Seen by Dr {L} in clinic; follow up with Dr. {P}.",
    "Nurse {G} {L} noted the dose was missed.",
    "Lab sample of {P} was haemolysed; repeat.",
    "Next of kin: {P} (son), tel {T}",
    "Referred to {P} at {O} for imaging.",
    "Consent was signed by {P} and witnessed by {P}.",
    "The defendant {P} denies all charges.",
    "Counsel for {O}: {P}.",
    "{P} v. {O}, judgment of {D}",
    "Judge {L} dismissed the motion.",
    "The court heard {P} as an expert.",
    "Attorney {P} represents {O}.",
    "{O} and {P} entered into this agreement on {D}.",
    "Invoice to {O}, {A}",
    "{O} announced that {P} will step down.",
    "{P}, a spokesman for {O}, declined to comment.",
    "{O} opened an office in {C}.",
    "She left {O} for {O} in 2018.",
    "Is {O} a good place to work?",
    "I applied at {O} and never heard back.",
    "He studied physics at {O} in {C}.",
    "Shares of {O} fell two percent.",
    "Our supplier {O} missed the deadline again.",
    "The contract between {O} and {O} runs until {D}.",
    "We fly from {C} to {C} on {D}.",
    "What is the weather like in {C}?",
    "They moved from {C} to {C} last year.",
    "I was born in {C} but grew up in {C}.",
    "Ship it to {A}.",
    "My new address is {A}",
    "Please deliver to {P}, {A}, before noon.",
    "Pick me up at {A} at 7.",
    "The flat at {A} is still for rent.",
    "Return address: {A}",
    "I live at {A} with my parents.",
    "billing address: {A}",
    "How do I get to {A}?",
    "Office: {A}",
    "Meet {G} at {A}",
    "{P}\n{A}",
    "Site visit at {A} on {D} with {P}.",
    "Dr. {P}\n{A}",
    "{P}\n{A}\n{Y}",
    "{O}\n{A}",
    "{P}\n{O}\n{A}",
    "{P}\n{J}\n{O}\n{A}",
    "Pt: {P}\nDx: {M}\nRx: {M}\nFacility: {O}",
    "Clinic letter for {P}: {M} is well controlled on {M}.",
    "{P} underwent {M} at {O} on {D}.",
    "{M} for {P}, requested by Dr. {L}",
    "Allergies of {P}: {M}",
    "Insurer: {O}\nMember: {P}\nPlan: {W}",
    "Employer: {O}, position: {J}",
    "{P}, {J}, {O}",
    "{P} works as a {J} in {C}.",
    "{J}: {P}",
    "{W}: {P}",
    "{W}\n{P}\n{J}",
    "Pt: {S}\nDx: {M}",
    "Ward round: {S} on {M}, stable.",
    "{M} report of {S} is ready.",
    "Seen by Dr. {S}: {M}",
    "{S} started {M} on {D}.",
    "Clinic letter for {S}",
    "{S} needs {M} before {D}.",
    "Doctor {S}, {O}",
    "{S} was transferred from {O} to {O}.",
    "Account of {S} locked after {T} attempts",
    "{S}, {J} at {O}, resigned.",
    "{W} of {S}",
    "Caller {S} asked about {W}.",
    "{O} hired {S} as {J}.",
    "Tell {S} that {M} came back normal.",
    "{O} signed the {W} with {O}.",
    "{W} by {O}",
    "{O}: {W}",
    "Vendor {O} passed the {W}.",
    "Our client {O} needs the {W} by {D}.",
    "Managed by {O}",
    "{P} of {O} filed the {W}.",
    "Moved {W} from {O} to {O}.",
    "{P}'s {W} is overdue.",
    "The {W} was sent to {G} on {D}.",
    "{P} reported a {W} problem; {P} fixed it.",
    "{P}\n{K}: {T}\n{K}: {T}",
    "{P} ({K}: {T})",
    "{P}, {K}: {T}, {K}: {T}",
    "{P} {K} {T}",
    "{K}: {T}\n{P}\n{K}: {T}",
    "{K}\n{P}, {J}",
    "{p} {K} {T}",
    "{S} ({K}: {T})",
    "{S}\n{K}: {T}\n{K}: {T}",
    "{O}\n{K}: {T}",
    "{A}\n{K}: {T}",
    "{P}, {A}, {K}: {T}",
    "{K} {T} {P}",
    "# owner: {P}\n{V}: {T}",
    "{V}={T} # ask {G}",
    "{P} changed {V} to {T}",
    "{P}: {K} {T}; {K} {T}",
    "Dr. {L}: {K} {T}",
    "Dr. {P} ({K}: {T})",
    "{P}, MD",
    "{P}, RN, noted {M}.",
    "{P}+{P}",
    "user={P}&id={T}",
    "Hon. {P} presiding",
    "{A} {K}: {T}",
    "Have you read anything by {P}?",
    "{P} was born in {C} in 1954.",
    "The song was written by {P} and {P}.",
    "{P} starred alongside {P}.",
    "Coach {L} praised {P} after the match.",
    "President {L} met Chancellor {L} in {C}.",
    "{C}-based {O} was founded by {P}.",
    "{G}'s mother lives in {C}.",
    "{I} reviewed the manuscript.",
    "{G} and {G} are twins.",
];

/// Sentences without any name; many contain words that are names elsewhere.
pub(super) const ASIDES: &[&str] = &[
    "Will you mark this as read?",
    "May I come in?",
    "The bill is due on Monday.",
    "Hope is not a plan.",
    "Grant access to the admin role only.",
    "Rose wine pairs well with fish.",
    "Jack the price up a little.",
    "Chase the payment again in May.",
    "Art class starts at ten.",
    "She gave a frank answer.",
    "Dawn broke over the hills.",
    "Robin is a bird.",
    "Please Sign In To Continue",
    "Order Number: {T}",
    "Status: Pending",
    "Terms and Conditions apply.",
    "Total Amount Due",
    "Thank You For Your Purchase",
    "Click Here To Unsubscribe",
    "Privacy Policy | Terms of Service",
    "Error {T}: Connection Refused",
    "Payment Method: Credit Card",
    "Shipping Method: Standard",
    "Customer Service Hours",
    "Next Steps",
    "Action Items",
    "Meeting Notes",
    "Executive Summary",
    "const userName = await getUserName(id);",
    "def parse_name(self, value): return value.strip()",
    "SELECT first_name FROM customers WHERE id = {T};",
    "npm install --save-dev typescript",
    "public class UserService extends BaseService {",
    "if (result == null) throw new IllegalArgumentException();",
    "GET /api/v1/users/{T} 200 OK",
    "Traceback (most recent call last):",
    "import pandas as pd",
    "let mut buffer = String::new();",
    "docker run -p 8080:80 nginx",
    "{T} passed, 0 failed",
    "How do I sort a list in Python?",
    "Write a haiku about autumn.",
    "What is the capital gain tax?",
    "Explain recursion to a child.",
    "i cant log in to my account",
    "pls help asap",
    "The server returned Internal Server Error.",
    "Java and Rust are programming languages.",
    "On Monday the team reviewed the April figures.",
    "Diagnosis: Type 2 Diabetes Mellitus",
    "Medication: Ibuprofen 400mg twice daily",
    "Blood Pressure: 120/80",
    "Chief Complaint: Shortness of Breath",
    "The Manager approved the Purchase Order.",
    "Dear Sir or Madam,",
    "To Whom It May Concern:",
    "Dear Customer,",
    "Kind regards,",
    "Hello there!",
    "Good Morning everyone",
    "Happy Birthday!",
    "Merry Christmas and a Happy New Year",
    "Session ID: {T}",
    "Date of Birth: {D}",
    "Version 2.{T} released on {D}",
    "{D} INFO service started",
    "{D} ERROR Database Connection lost, retrying",
    "[{D}] Backup finished",
    "Remote work is allowed on Fridays.",
    "I bought a new laptop and it broke.",
    "My doctor told me to rest.",
    "The lawyer asked for two copies.",
    "We had lunch by the lake.",
    "Our landlord raised the rent.",
    "i think we should ship it tomorrow",
    "the meeting is at 3 pm in room {T}",
    "Lead Software Engineer",
    "Senior Data Scientist",
    "Head of Marketing",
    "Human Resources",
    "Quality Assurance",
    "Job Title: Accountant",
    "Subject: Quarterly Report",
    "Re: Your Request",
    "Fwd: Travel Plans",
    "Diagnosis: {M}",
    "History of {M} and {M}.",
    "Plan: {M}, then {M}.",
    "Started {M} on {D}; no side effects.",
    "Medication list: {M}, {M}, {M}",
    "Procedure performed: {M}",
    "Assessment: {M}, stable",
    "The patient reports improvement with {M}.",
    "Allergic to {M}.",
    "{M} was negative.",
    "We are looking for a {J}.",
    "Position: {J}",
    "{J} wanted",
    "Please complete the {W}.",
    "{W}",
    "{W}: {T}",
    "{W}\n{W}\n{W}",
    "1. {W}\n2. {W}",
    "# {W}",
    "[{W}]",
    "The {W} is attached.",
    "See {W} for details.",
    "{W} - {D}",
    "{W} must be renewed by {D}.",
    "Attached: {W} and {W}",
    "{W} failed with code {T}",
    "Go to {W} and click {W}.",
    "{T}. {W}: done",
    "Update the {W} before {D}.",
    "A {J} and a {J} reviewed the {W}.",
    "Reminder: {W} closes at noon",
    "{D} INFO {W} finished in {T} ms",
    "Subject: {W}",
    "Re: {W}",
    "{K}: {T}",
    "{K}: {T}\n{K}: {T}\n{K}: {T}",
    "{K} {T}, {K} {T}",
    "{K} is missing",
    "{K}\n{W}: {M}",
    "my {K} is {T}",
    "{K} = {T}",
    "| {K} | {T} |",
    "{V}: {T}",
    "{V}: {V}\n  {V}: {T}",
    "{V} = \"{T}\"",
    "export {V}={T}",
    "\"{V}\": \"{T}\", \"{V}\": {T}",
    "# {V} {W}",
    "set {V} to {T}",
    "We moved {V} from {V} to {V}.",
    "{V} failed: {V} not found",
    "kind: Secret\nmetadata:\n  name: {V}",
    "{M}\n{K}: {T} tablets",
    "Return if symptoms worsen.",
    "{K}: {M}\n{K}: {M}",
    "[{K}]",
    "{K} / {K} / {K}",
    "agent: {V}\ntask: {W}",
    "The outpatient clinic opens at eight.",
    "follow up in two weeks with {K}",
    "Switched to {V} last month and it is fine.",
    "Use OAuth for Single Sign On.",
    "GPU: RTX 3080, CPU: i9, RAM: 64GB, UTF-16 and ISO 27001",
    "send hi to #random-{T}",
    "post it in #team-updates",
    "Works with H265, MP4, USB-C, Wi-Fi 6 and HDMI 2.1",
    "The Quick Brown Fox",
    "Section 4.2 Limitation of Liability",
    "Licensee shall indemnify Licensor.",
    "WARNING: DO NOT OPEN",
    "TODO: refactor this function",
    "NOTE: the API key has expired",
    "Chapter {T}: Getting Started",
    "Machine Learning for Beginners",
    "Supreme Court ruling expected",
    "New features: Dark Mode, Offline Sync",
    "Weekly Standup Notes",
    "Bug: Login Button Not Working",
];

const COMMON_GIVEN: &[&str] = &[
    "James", "Mary", "John", "Linda", "Robert", "Susan", "Michael", "Jessica", "David", "Sarah", "William",
    "Karen", "Richard", "Lisa", "Joseph", "Nancy", "Thomas", "Emily", "Daniel", "Anna", "Matthew", "Laura",
    "Kevin", "Amy", "Brian", "Rachel", "George", "Emma", "Peter", "Alice", "Paul", "Sophie", "Mark",
    "Olivia", "Steven", "Grace", "Wei", "Mohammed", "Priya", "Ravi", "Yuki", "Carlos", "Maria", "Ahmed",
    "Fatima", "Olga", "Ivan", "Chen", "Ling", "Jose", "Tom", "Ben", "Kate", "Sam", "Alex", "Chris", "Max",
    "Tina", "Rosa", "Jake",
];
const COMMON_FAMILY: &[&str] = &[
    "Smith", "Johnson", "Williams", "Brown", "Jones", "Miller", "Davis", "Wilson", "Anderson", "Taylor",
    "Moore", "Martin", "Lee", "Thompson", "White", "Harris", "Clark", "Lewis", "Walker", "Hall", "Young",
    "King", "Wright", "Hill", "Green", "Baker", "Nelson", "Carter", "Mitchell", "Turner", "Parker",
    "Collins", "Murphy", "Cook", "Rogers", "Morgan", "Cooper", "Reed", "Bell", "Kelly", "Cox", "Ward",
    "Gray", "Watson", "Brooks", "Chen", "Wang", "Li", "Zhang", "Liu", "Zhao", "Nguyen", "Kim", "Park",
    "Singh", "Patel", "Khan", "Garcia", "Lopez", "Silva", "Müller", "Schmidt", "Rossi", "Dubois", "O'Brien",
    "McDonald", "Kowalski", "Ivanova", "Tanaka", "Sato", "van Dijk", "de Souza",
];
/// Fills a slot.
pub(super) fn fill(slot: &str, lists: &Lists, random: &mut Random) -> Filling {
    use DataType::{Location, Person};
    match slot {
        "P" => Filling::name(Person, person(lists, random)),
        "p" => Filling::name(Person, person(lists, random).to_lowercase()),
        "G" => Filling::name(Person, given(lists, random)),
        "g" => Filling::name(Person, given(lists, random).to_lowercase()),
        "L" => Filling::name(Person, family(lists, random)),
        "R" => Filling::name(Person, format!("{}, {}", family(lists, random), given(lists, random))),
        "I" => {
            let (name, initial) = (family(lists, random), given(lists, random).chars().next().unwrap_or('J'));
            Filling::name(
                Person,
                if random.percent(50) { format!("{initial}. {name}") } else { format!("{name} {initial}.") },
            )
        }
        "C" => Filling::name(Location, place(lists, random)),
        "c" => Filling::name(Location, place(lists, random).to_lowercase()),
        "Z" => Filling::name(Location, random.pick(WITH_ARTICLE).to_owned()),
        "Y" => Filling::name(Location, random.pick(&lists.major_en)),
        "A" => {
            let address = address::latin(lists, random);
            Filling::name(Location, if random.percent(12) { address.to_lowercase() } else { address })
        }
        "O" => organisation(lists, random),
        "S" => super::zh::fill(random.pick(&["S", "S", "P"]), lists, random),
        "B" => Filling::name(Person, random.pick(&lists.known_en)),
        "b" => Filling::name(Person, random.pick(&lists.known_en).to_lowercase()),
        "F" => known(lists, random),
        "f" => Filling::name(DataType::Org, random.pick(&lists.bodies_en).to_lowercase()),
        "M" => Filling::plain(random.pick(MEDICAL).to_owned()),
        "J" => Filling::plain(random.pick(JOBS).to_owned()),
        "K" => Filling::plain(random.pick(LABELS).to_owned()),
        "V" => Filling::plain(random.pick(KEYS).to_owned()),
        "W" => Filling::plain(heading(random)),
        "D" => Filling::plain(date(random)),
        "T" => {
            let count = random.pick(&[2, 3, 5, 7, 10]);
            Filling::plain(digits(random, count))
        }
        _ => Filling::plain(format!("{{{slot}}}")),
    }
}

fn heading(random: &mut Random) -> String {
    let words: Vec<&str> = (0..2 + random.below(2)).map(|_| random.pick(HEADINGS)).collect();
    words.join(if random.percent(90) { " " } else { " and " })
}

fn given(lists: &Lists, random: &mut Random) -> String {
    match random.below(10) {
        0..5 => random.pick(COMMON_GIVEN).to_owned(),
        5..8 => random.pick(&lists.given),
        _ => random.pick(&lists.given_other),
    }
}

fn place(lists: &Lists, random: &mut Random) -> String {
    if random.percent(50) { random.pick(&lists.major_en) } else { random.pick(&lists.places) }
}

fn family(lists: &Lists, random: &mut Random) -> String {
    match random.below(10) {
        0..4 => random.pick(COMMON_FAMILY).to_owned(),
        4 => unheard(lists, random),
        _ => random.pick(&lists.family),
    }
}

/// A family name that nobody has, made from the beginning of one and the end of another: the model has to recognise names by
/// their context, too.
fn unheard(lists: &Lists, random: &mut Random) -> String {
    let halves = [random.pick(&lists.family), random.pick(&lists.family)];
    let [begin, end] = halves.map(|name| name.chars().collect::<Vec<_>>());
    begin.iter().take(begin.len().div_ceil(2)).chain(end.iter().skip(end.len().div_ceil(2))).collect()
}

/// Another name of the same type with about as many words.
pub(super) fn other(kind: DataType, words: usize, lists: &Lists, random: &mut Random) -> Option<String> {
    match (kind, words) {
        (DataType::Person, 1) if random.percent(50) => Some(given(lists, random)),
        (DataType::Person, 1) => Some(family(lists, random)),
        (DataType::Person, _) => Some(format!("{} {}", given(lists, random), family(lists, random))),
        (DataType::Location, 1 | 2) if random.percent(50) => Some(place(lists, random)),
        (DataType::Org, _) if random.percent(30) => Some(organisation(lists, random).text),
        _ => None,
    }
}

fn person(lists: &Lists, random: &mut Random) -> String {
    let (first, last) = (given(lists, random), family(lists, random));
    match random.below(20) {
        0 => format!(
            "{first} {}. {last}",
            random.pick(&["A", "B", "C", "D", "E", "J", "K", "L", "M", "R", "S", "T"])
        ),
        1 => format!("{first} {} {last}", given(lists, random)),
        2 => format!("{first}-{} {last}", given(lists, random)),
        3 => format!("{first} {last}-{}", family(lists, random)),
        4 => format!("{first} {last} {}", family(lists, random)),
        5 => format!("{first} {}", last.to_uppercase()),
        6 => format!("{first} {last} {}", random.pick(&["Jr.", "III", "Sr."])),
        _ => format!("{first} {last}"),
    }
}

fn organisation(lists: &Lists, random: &mut Random) -> Filling {
    let text = match random.below(12) {
        8 => invented(lists, random),
        0 | 1 => return known(lists, random),
        2 => format!("{} {}", family(lists, random), random.pick(FORMS)),
        3 => format!("{} & {}", family(lists, random), family(lists, random)),
        4 => format!("{} {} {}", random.pick(FIRST), random.pick(FIRST), random.pick(FORMS)),
        9 => format!("{} {}", random.pick(FIRST), random.pick(SECOND)),
        10 => format!(
            "{}, {} & {} {}",
            family(lists, random),
            family(lists, random),
            family(lists, random),
            random.pick(&["LLP", "LLC", "Inc", "Law", "Partners"])
        ),
        11 => format!("{} {}", unheard(lists, random), random.pick(FORMS)),
        5 => format!("{} {}", random.pick(&lists.places), random.pick(FORMS)),
        6 => format!("University of {}", random.pick(&lists.places)),
        _ => format!("{} {}", random.pick(FIRST), random.pick(FORMS)),
    };
    Filling::name(DataType::Org, text)
}

fn known(lists: &Lists, random: &mut Random) -> Filling {
    let text = random.pick(&lists.bodies_en);
    let head = if text.starts_with("the ") { 4 } else { 0 };
    Filling { text, kind: Some(DataType::Org), tail: 0, head }
}

/// A made-up one-word name of the kind that companies like.
fn invented(lists: &Lists, random: &mut Random) -> String {
    const ENDS: &[&str] = &[
        "ly", "ify", "ix", "on", "eo", "ora", "tech", "soft", "corp", "gen", "ware", "net", "io", "ics",
        "hub", "core",
    ];
    let stem: String = random.pick(&lists.family).chars().take(4).collect();
    let form = if random.percent(50) { format!(" {}", random.pick(FORMS)) } else { String::new() };
    format!("{stem}{}{form}", random.pick(ENDS))
}

fn date(random: &mut Random) -> String {
    const MONTHS: &[&str] = &["January", "March", "April", "May", "June", "August", "October", "Dec"];
    let (year, month, day) = (1950 + random.below(76), 1 + random.below(12), 1 + random.below(28));
    match random.below(5) {
        0 => format!("{year}-{month:02}-{day:02}"),
        1 => format!("{year}-{month:02}-{day:02}T{:02}:{:02}:00Z", random.below(24), random.below(60)),
        2 => format!("{month}/{day}/{year}"),
        3 => format!("{day} {}", random.pick(MONTHS)),
        _ => format!("{} {day}, {year}", random.pick(MONTHS)),
    }
}
