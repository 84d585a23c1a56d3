//! The folder `approvals/standing` of a home: approvals that count for every call of a tool with the same values until they
//! are revoked. They are signed like every answer and do not hold the values: a keyed digest stands for them, and the log
//! holds the call that was approved.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use ombud_core::effect::Effect;
use ombud_gateway::approvals::Pending;
use serde::{Deserialize, Serialize};

use super::desk::{Desk, Refused};
use crate::files::put_private;

/// Characters of a mark that name an approval for people.
const NAME: usize = 8;

/// A standing approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    /// The client, the tool and the values: a keyed digest, hexadecimal.
    pub mark: String,
    /// The server or HTTP tool.
    pub server: String,
    /// The tool.
    pub tool: String,
    /// What it does.
    pub effect: Effect,
    /// The paths of the values.
    pub paths: Vec<String>,
    /// The call that was approved.
    pub call: Pending,
    /// When it was given, in seconds since 1970.
    pub since: u64,
}

impl Standing {
    /// Its name for people.
    pub(crate) fn name(&self) -> &str {
        self.mark.get(..NAME).unwrap_or_default()
    }
}

impl Desk {
    fn standing_folder(&self) -> PathBuf {
        self.folder().join("standing")
    }

    /// Approves a call and all that are like it; an error if it can only be approved once.
    pub(crate) fn say_for_good(&self, call: &Pending) -> Result<Standing, Refused> {
        let lasting = call.lasting.clone().filter(|lasting| is_mark(&lasting.mark)).ok_or(Refused::Once)?;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let standing = Standing {
            mark: lasting.mark,
            server: call.server.clone().unwrap_or_default(),
            tool: call.tool.clone(),
            effect: call.effect,
            paths: lasting.paths,
            call: call.clone(),
            since,
        };
        self.say(call, true)?;
        self.write_standing(&standing)?;
        Ok(standing)
    }

    fn write_standing(&self, standing: &Standing) -> Result<(), Refused> {
        let folder = self.standing_folder();
        crate::files::private_dir(&folder).map_err(Refused::Io)?;
        let text = serde_json::to_vec(standing).map_err(|error| Refused::Io(error.into()))?;
        let signed = self.signed(&[b"standing", &text]).ok_or(Refused::Keys)?;
        put_private(&folder.join(&standing.mark), &[signed.as_ref(), &text].concat()).map_err(Refused::Io)
    }

    /// Whether there is an approval with this mark.
    pub(crate) fn lasts(&self, mark: &str) -> bool {
        is_mark(mark) && self.read_standing(mark).is_some()
    }

    fn read_standing(&self, mark: &str) -> Option<Standing> {
        let text = self.verified(&self.standing_folder().join(mark), b"standing")?;
        let standing: Standing = serde_json::from_slice(&text).ok()?;
        // A renamed file belongs to another approval.
        (standing.mark == mark).then_some(standing)
    }

    /// The standing approvals, the oldest first.
    pub(crate) fn standing(&self) -> Vec<Standing> {
        let files = fs::read_dir(self.standing_folder()).into_iter().flatten().flatten();
        let names = files.filter_map(|file| file.file_name().into_string().ok()).filter(|name| is_mark(name));
        let mut all: Vec<Standing> = names.filter_map(|mark| self.read_standing(&mark)).collect();
        all.sort_by(|one, other| (one.since, &one.mark).cmp(&(other.since, &other.mark)));
        all
    }

    /// Revokes the approvals with this name; returns how many there were.
    pub(crate) fn take_back(&self, name: &str) -> io::Result<usize> {
        let name = name.trim().to_ascii_lowercase();
        let named = self.standing().into_iter().filter(|one| one.name() == name || one.mark == name);
        let mut count = 0;
        for one in named {
            fs::remove_file(self.standing_folder().join(&one.mark))?;
            count += 1;
        }
        Ok(count)
    }
}

/// Whether a text is a mark, and so a file name: nothing else is accepted.
fn is_mark(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    use ombud_gateway::approvals::Lasting;

    use super::super::desk::tests::{call, desk};
    use super::*;

    fn lasting(code: &str, mark: &str) -> Pending {
        let lasting = Lasting { mark: mark.into(), paths: vec!["/to".into()] };
        Pending { lasting: Some(lasting), ..call(code) }
    }

    #[test]
    fn an_answer_for_good_stands_until_it_is_taken_back() {
        let (home, desk) = desk();
        let mark = "00112233445566778899aabbccddeeff";
        desk.wait(&lasting("4F2A7K", mark)).unwrap();
        assert!(!desk.lasts(mark));
        let standing = desk.say_for_good(&lasting("4F2A7K", mark)).unwrap();
        assert_eq!((standing.name(), desk.said("4F2A7K", "00ff")), ("00112233", Some(true)));
        assert!(desk.lasts(mark) && desk.lasts(mark), "more than once");
        assert_eq!(desk.standing(), [standing]);
        let text = fs::read_to_string(home.path().join("approvals/standing").join(mark));
        assert!(text.is_err() || !text.unwrap().contains("anna@"), "no values");
        assert_eq!((desk.take_back("ffffffff").unwrap(), desk.take_back("00112233").unwrap()), (0, 1));
        assert!(!desk.lasts(mark) && desk.standing().is_empty());
    }

    #[test]
    fn only_what_may_last_does_and_nobody_else_signs_it() {
        let (home, desk) = desk();
        desk.wait(&call("4F2A7K")).unwrap();
        assert!(matches!(desk.say_for_good(&call("4F2A7K")), Err(Refused::Once)));
        assert_eq!(desk.said("4F2A7K", "00ff"), None, "nothing was said");
        let bad = lasting("4F2A7K", "../../../../etc/passwd");
        assert!(matches!(desk.say_for_good(&bad), Err(Refused::Once)));
        let (mark, other) = ("0".repeat(32), "1".repeat(32));
        desk.say_for_good(&lasting("4F2A7K", &mark)).unwrap();
        let folder = home.path().join("approvals/standing");
        fs::copy(folder.join(&mark), folder.join(&other)).unwrap();
        assert!(!desk.lasts(&other), "moved to another mark");
        fs::write(folder.join(&other), "yes").unwrap();
        assert!(!desk.lasts(&other));
        let mut whole = fs::read(folder.join(&mark)).unwrap();
        *whole.last_mut().unwrap() = b' ';
        fs::write(folder.join(&mark), whole).unwrap();
        assert!(!desk.lasts(&mark), "changed");
    }
}
