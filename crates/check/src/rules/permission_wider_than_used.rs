//! `permission-wider-than-used`
//!
//! What it does: finds permissions of which the code uses only a part: a Google scope that allows sending, changing or deleting
//! (`https://mail.google.com/`, `…/auth/calendar`) in a project that only reads there, and `Intents.all()` in a Discord bot that
//! uses neither members nor presence. Nothing is reported where the project calls the service in a way that cannot be followed,
//! or passes it on as a whole.
//!
//! Why it matters: whoever manipulates the agent or steals its token can do everything that was granted, not just what was
//! needed.
//!
//! Reference: GDPR Art. 25, PIPL Art. 6 (data minimisation); OWASP LLM06, ASI03; risks P01 and S07.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};
use crate::check::is_test;
use crate::facts::{Call, File};
use crate::survey::Language;

pub(super) const RULE: Rule = Rule {
    id: RuleId("permission-wider-than-used"),
    risks: &["P01", "S07"],
    severity: Severity::Warning,
    title: Text {
        en: "the permissions requested exceed what the code uses", zh: "申请的权限超出代码所用"
    },
    harm: Text {
        en: "A sentence in an email or a stolen token is enough to delete or send things in the user's name, although the agent never needed that.",
        zh: "邮件里的一句话或一个泄露的令牌，就足以以用户的名义删除或发送，而智能体本来并不需要这些权限。",
    },
    fix: Text {
        en: "Request the narrowest scope: `…/auth/gmail.readonly`, `…/auth/calendar.readonly`, `…/auth/drive.readonly`; for Discord, `Intents.default()` plus the intents that the bot really uses. Users have to authorise again.",
        zh: "只申请最小权限：`…/auth/gmail.readonly`、`…/auth/calendar.readonly`、`…/auth/drive.readonly`；Discord 用 `Intents.default()` 再加机器人真正用到的项。用户需要重新授权。",
    },
    example: "- SCOPES = [\"https://mail.google.com/\"]\n+ SCOPES = [\"https://www.googleapis.com/auth/gmail.readonly\"]\n",
    graph: Some(run),
};

/// Scopes that allow changes, with the resources of each service whose reads count as use of the scope.
const SCOPES: &[(&str, &[&str])] = &[
    ("https://mail.google.com/", &["messages", "threads", "labels", "users", "history", "attachments"]),
    (
        "https://www.googleapis.com/auth/gmail.modify",
        &["messages", "threads", "labels", "users", "history", "attachments"],
    ),
    ("https://www.googleapis.com/auth/calendar", &["events", "calendarlist", "calendars", "freebusy"]),
    ("https://www.googleapis.com/auth/calendar.events", &["events"]),
    ("https://www.googleapis.com/auth/drive", &["files", "permissions", "drives", "changes"]),
    ("https://www.googleapis.com/auth/spreadsheets", &["values", "spreadsheets"]),
    ("https://www.googleapis.com/auth/contacts", &["connections", "people", "contacts"]),
    ("https://www.googleapis.com/auth/tasks", &["tasks", "tasklists"]),
];
const READS: &[&str] =
    &["list", "get", "getprofile", "query", "search", "export", "getmedia", "get_media", "batchget"];
/// Calls that change something, on any resource.
const CHANGES: &[&str] = &[
    ".send(",
    ".trash(",
    ".untrash(",
    ".modify(",
    ".batchmodify(",
    ".batchdelete(",
    ".delete(",
    ".insert(",
    ".patch(",
    ".update(",
    ".quickadd(",
    ".batchupdate(",
    ".append(",
    ".clear(",
    ".copy(",
    ".move(",
    ".import_(",
    ".import(",
    "drafts.create(",
    "files.create(",
    "events.create(",
    "permissions.create(",
    "labels.create(",
    "spreadsheets.create(",
    "people.createcontact(",
    "emptytrash(",
    ".create(body",
    ".create({requestbody",
    ".create({resource",
    // A framework's tools may use the scope in any way.
    "toolkit(",
    "gmailsend",
    "googlecalendartool",
];

/// Methods that change something, taken as a value and called later: `messages.modify.bind(messages)`.
const VERBS: &[&str] = &[
    ".send",
    ".trash",
    ".modify",
    ".batchmodify",
    ".batchdelete",
    ".delete",
    ".insert",
    ".patch",
    ".update",
    ".quickadd",
    ".batchupdate",
];
/// Uses of a permission that cannot be followed: mail over its own protocols, which need the whole scope, requests to a URL,
/// methods looked up by name.
const HIDDEN: &[&str] = &[
    "smtplib",
    "imaplib",
    "aiosmtplib",
    "imapclient",
    "nodemailer",
    "imapflow",
    "XOAUTH2",
    "AuthorizedSession",
    "Reflect.get(",
];

fn run(project: &Project<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = google(project).into_iter().collect();
    found.extend(discord(project));
    found
}

/// Returns the source files that are not tests.
fn code<'f>(project: &'f Project<'_>) -> impl Iterator<Item = (usize, &'f File)> {
    let own = |file: &File| {
        Language::of(file.path.rsplit('/').next().unwrap_or(&file.path)).is_some() && !is_test(&file.path)
    };
    project.facts.files.iter().enumerate().filter(move |(_, file)| own(file))
}

/// Reports the first scope that allows more than the project does.
fn google(project: &Project<'_>) -> Option<Finding> {
    let facts = project.facts;
    let speaks = |file: &File| {
        ["googleapi", "google.oauth2", "google_auth_oauthlib"].iter().any(|name| file.text.contains(name))
    };
    let texts: Vec<String> =
        code(project).filter(|(_, file)| speaks(file)).map(|(_, file)| squeezed(&file.text)).collect();
    let hidden = |file: &File| HIDDEN.iter().any(|word| file.text.contains(word));
    let changes = |text: &String| {
        CHANGES.iter().any(|change| text.contains(change))
            || text.contains("getattr(")
            || addresses(text)
            || VERBS.iter().any(|verb| taken(text, verb))
    };
    if texts.is_empty() || texts.iter().any(changes) || code(project).any(|(_, file)| hidden(file)) {
        return None;
    }
    let read = |part: &&str| {
        let reads = |text: &String| READS.iter().any(|verb| text.contains(&format!("{part}.{verb}(")));
        texts.iter().any(reads)
    };
    let (file, at, scope) = code(project).find_map(|(id, file)| {
        let here = |(scope, parts): &(&'static str, &[&str])| {
            let at = quoted(&file.text, scope)?;
            parts.iter().any(&read).then_some((id, at, *scope))
        };
        SCOPES.iter().find_map(here)
    })?;
    let message = Bilingual::new(
        format!("`{scope}` allows changing and deleting, but this project only reads there"),
        format!("`{scope}` 允许修改和删除，而本项目在那里只做读取"),
    );
    let place = facts.place(file, at..at + scope.len());
    Some(finding(&RULE, Severity::Warning, Confidence::Medium, place, message))
}

/// Whether a method is taken as a value: the name ends there and is neither called nor assigned to.
fn taken(text: &str, member: &str) -> bool {
    let ends = |(at, _): (usize, &str)| {
        let after = text.get(at + member.len()..).and_then(|rest| rest.chars().next());
        after.is_none_or(|ch| matches!(ch, '.' | ',' | ')' | ';' | ']' | '}'))
    };
    text.match_indices(member).any(ends)
}

/// Whether a service is called by URL: one that is neither a scope nor a token endpoint.
fn addresses(text: &str) -> bool {
    let mut after = text.split("googleapis.com/").skip(1);
    after.any(|rest| !["auth/", "token", "oauth2", "discovery"].iter().any(|word| rest.starts_with(word)))
}

/// Returns the offset at which a text is a quoted string of its own.
fn quoted(text: &str, wanted: &str) -> Option<usize> {
    let stands = |at: &usize| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        let after = text.get(at + wanted.len()..).and_then(|after| after.chars().next());
        matches!(before, Some('"' | '\'' | '`')) && before == after
    };
    text.match_indices(wanted).map(|(at, _)| at).find(stands)
}

/// Lowercases a text and removes whitespace and empty brackets: `users().messages().list(` becomes `users.messages.list(`.
fn squeezed(text: &str) -> String {
    let plain: String = text.chars().filter(|ch| !ch.is_whitespace()).collect();
    plain.replace("()", "").to_ascii_lowercase()
}

/// Reports a bot that requests all intents but uses neither members nor presence.
fn discord(project: &Project<'_>) -> Option<Finding> {
    const USES: &[&str] = &[
        "member",
        "presence",
        "on_user_update",
        ".activities",
        ".activity",
        ".status",
        "voice",
        "fetch_user",
        "reaction",
        "invite",
        "typing",
        ".roles",
    ];
    let facts = project.facts;
    let all = |call: &Call| {
        matches!(call.target.as_str(), "discord.Intents.all" | "nextcord.Intents.all" | "disnake.Intents.all")
    };
    let (function, call) = project.reach.calls(facts).find(|(_, call)| all(call))?;
    if code(project).any(|(_, file)| USES.iter().any(|word| file.text.contains(word))) {
        return None;
    }
    let message = Bilingual::new(
        "the bot requests access to all members and their presence, but the code uses neither",
        "机器人申请查看所有成员和在线状态，但代码并未用到",
    );
    let place = facts.call_place(function, call);
    Some(finding(&RULE, Severity::Warning, Confidence::Medium, place, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_squeezed_and_scopes_stand_alone() {
        assert_eq!(squeezed("service.users()\n  .messages() .List("), "service.users.messages.list(");
        let scope = "https://www.googleapis.com/auth/calendar";
        assert!(quoted("S = ['https://www.googleapis.com/auth/calendar.readonly']", scope).is_none());
        assert_eq!(quoted("S = ['https://www.googleapis.com/auth/calendar']", scope), Some(6));
    }
}
