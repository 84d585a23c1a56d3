//! What an agent is for, and which findings are more severe as a result.

use ombud_core::finding::{Finding, Severity};

use crate::code::names;

/// What an agent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// It talks with people.
    Chat,
    /// It keeps people company and remembers them.
    Companion,
    /// Children use it.
    Kids,
    /// People tell it about their health.
    Health,
    /// It handles money.
    Finance,
    /// It runs without a person.
    Automation,
    /// It generates images.
    Image,
}

use Severity::{Error, Warning};

type Row = (&'static str, Severity);

const CHAT: &[Row] =
    &[("no-retention", Warning), ("untrusted-system-prompt", Error), ("endpoint-without-limit", Warning)];
/// People tell a companion more than they tell a tool.
const CLOSE: &[Row] = &[
    ("no-retention", Warning),
    ("no-erase-path", Error),
    ("plaintext-chat-store", Error),
    ("provider-trains-by-default", Error),
    ("unknown-relay", Error),
    ("moderation-off", Error),
    ("personal-data-hashed", Error),
    ("personal-data-crosses-border", Error),
];
const HEALTH: &[Row] =
    &[("weak-cipher", Error), ("connection-not-checked", Error), ("endpoint-without-authentication", Error)];
const FINANCE: &[Row] = &[
    ("tool-without-confirmation", Error),
    ("action-without-confirmation", Error),
    ("tool-calls-unlogged", Error),
    ("personal-data-hashed", Error),
    ("plaintext-chat-store", Error),
    ("weak-cipher", Error),
    ("connection-not-checked", Error),
    ("endpoint-without-limit", Warning),
];
const AUTOMATION: &[Row] = &[
    ("tool-without-confirmation", Error),
    ("action-without-confirmation", Error),
    ("tool-calls-unlogged", Warning),
    ("tool-loop-without-limit", Error),
    ("mcp-server-not-pinned", Error),
    ("mcp-server-reaches-too-much", Error),
    ("endpoint-without-authentication", Error),
];
const IMAGE: &[Row] =
    &[("ai-output-unlabelled", Error), ("moderation-off", Error), ("endpoint-without-limit", Warning)];

impl Profile {
    /// Raises the severity of findings that matter more for such an agent. Nothing is lowered.
    pub(crate) fn raise(self, findings: &mut [Finding]) {
        for finding in findings {
            let raised = self.rows().iter().flat_map(|rows| rows.iter()).find(|row| row.0 == finding.rule.0);
            finding.severity = raised.map_or(finding.severity, |row| row.1.max(finding.severity));
        }
    }

    /// Returns whom the agent is for, if people confide in it, from the sentence that tells the model who it is and whom it
    /// talks to. Prohibitions say nothing: most assistants are told to give no medical advice.
    pub(crate) fn told(prompt: &str) -> Option<Self> {
        let sentences = prompt.split(['.', '。', '！', '!', '\n', '；', ';']);
        let of_itself = sentences.filter(|sentence| is_of_itself(sentence));
        of_itself
            .filter_map(|sentence| CONFIDED.iter().find(|row| row.is_in(sentence)))
            .filter(|row| row.profile != Self::Kids || !helps_grown_ups(prompt))
            .map(|row| row.profile)
            .next()
    }

    fn rows(self) -> &'static [&'static [Row]] {
        match self {
            Self::Chat => &[CHAT],
            Self::Companion => &[CLOSE, CHAT],
            Self::Kids => &[CLOSE, CHAT, HEALTH],
            Self::Health => &[CLOSE, HEALTH],
            Self::Finance => &[FINANCE],
            Self::Automation => &[AUTOMATION],
            Self::Image => &[IMAGE],
        }
    }
}

/// Words with which a developer says who confides in an agent.
struct Confided {
    profile: Profile,
    english: &'static [&'static str],
    chinese: &'static [&'static str],
}

impl Confided {
    fn is_in(&self, sentence: &str) -> bool {
        names(sentence, self.english) || self.chinese.iter().any(|word| sentence.contains(word))
    }
}

const CONFIDED: &[Confided] = &[
    Confided {
        profile: Profile::Kids,
        english: &[
            "child",
            "children",
            "kid",
            "kids",
            "toddler*",
            "teen",
            "teens",
            "teenager*",
            "preschooler*",
            "schoolchild*",
        ],
        chinese: &["孩子", "儿童", "小朋友", "小学生", "中学生", "青少年", "未成年", "幼儿"],
    },
    Confided {
        profile: Profile::Health,
        english: &[
            "patient",
            "patients",
            "symptom*",
            "triage",
            "therapist*",
            "depression",
            "depressed",
            "anxiety",
            "counsellor",
            "counselor",
            "psychologist*",
            "psychotherap*",
            "nurse",
            "physician*",
            "pregnant",
            "pregnancy",
            "fertility",
        ],
        chinese: &[
            "患者",
            "病人",
            "症状",
            "问诊",
            "分诊",
            "医院",
            "医生",
            "诊所",
            "心理咨询",
            "心理医生",
            "抑郁",
            "焦虑",
            "孕妇",
            "孕期",
            "备孕",
        ],
    },
    Confided {
        profile: Profile::Companion,
        english: &[
            "girlfriend",
            "boyfriend",
            "soulmate*",
            "lonely",
            "loneliness",
            "confidant*",
            "emotional",
            "grieving",
        ],
        chinese: &["陪伴", "树洞", "恋人", "女友", "男友", "女朋友", "男朋友", "倾诉", "倾听"],
    },
];

/// Whether the users are said to be adults who do something for children. If both are named, a child may be a user.
fn helps_grown_ups(prompt: &str) -> bool {
    const WHO: &[&str] =
        &["teachers", "parents", "educators", "adults", "caregivers", "guardians", "schools"];
    const BEFORE: &[&str] =
        &["help ", "helps ", "assist ", "assists ", "support ", "supports ", "tool for ", "assistant for "];
    const CHINESE: &[&str] = &[
        "帮助老师",
        "帮助教师",
        "帮助家长",
        "帮老师",
        "帮家长",
        "面向家长",
        "面向教师",
        "面向老师",
        "备课",
        "教案",
    ];
    let small = prompt.to_lowercase();
    let alone = |rest: &str| {
        ![" and ", ", ", " or ", "和", "与", "、", "及"].iter().any(|both| rest.starts_with(both))
    };
    let english = |who: &&str| {
        let named = |before: &&str| {
            let whole = format!("{before}{who}");
            small.match_indices(&whole).any(|(at, _)| small.get(at + whole.len()..).is_some_and(alone))
        };
        BEFORE.iter().any(named) || small.contains(&format!("only {who} use"))
    };
    let chinese = |word: &&str| {
        small.match_indices(*word).any(|(at, _)| small.get(at + word.len()..).is_some_and(alone))
    };
    WHO.iter().any(english) || CHINESE.iter().any(chinese)
}

/// Whether a sentence says who the model is, or whom it talks to.
fn is_of_itself(sentence: &str) -> bool {
    let small = format!(" {} ", sentence.to_lowercase().replace('’', "'"));
    let itself = [
        " you are ",
        " you're ",
        " act as ",
        " play ",
        " role of ",
        "your name is ",
        " you help ",
        " you talk ",
    ];
    let chinese = ["你是", "你叫", "扮演", "面向", "作为"];
    // People who make something for children are not children.
    let makes = [
        " author",
        " writer",
        " book",
        " translat",
        " curriculum",
        " paper",
        "作家",
        "绘本",
        "论文",
        "翻译",
        "教案",
    ];
    let any = |words: &[&str]| words.iter().any(|word| small.contains(word));
    (any(&itself) || any(&chinese)) && !any(&makes) && !any(&[" not ", " never ", "n't ", "不是"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_a_rule_and_raises_it() {
        for rows in [CHAT, CLOSE, HEALTH, FINANCE, AUTOMATION, IMAGE] {
            for (id, severity) in rows {
                let rule = crate::rule(id);
                assert!(rule.is_some_and(|rule| rule.severity < *severity), "{id}");
            }
        }
    }

    #[test]
    fn who_confides_is_said_where_the_model_is_told_who_it_is() {
        for (prompt, profile) in [
            ("You are a calm companion for people with depression or anxiety.", Some(Profile::Health)),
            ("你是“豆豆老师”，面向6到10岁的小朋友讲解数学题。", Some(Profile::Kids)),
            ("You are Mia, the user's girlfriend. Tease them.", Some(Profile::Companion)),
            ("You are a helpful assistant. Do not give advice to patients.", None),
            ("你是营养专家，为孕妇推荐各孕期的营养餐。", Some(Profile::Health)),
            ("You are not a therapist.", None),
            ("Extract all symptoms from the text.", None),
            ("You are the author of books for children.", None),
            ("You are the concierge of a hotel.", None),
            (
                "You help teachers write lesson plans for children aged 6-12. Only teachers use this tool.",
                None,
            ),
            ("你是备课助手，帮助老师为小学生写练习。", None),
            ("You are a teacher who talks with children.", Some(Profile::Kids)),
            ("You help kids with their homework.", Some(Profile::Kids)),
            ("You help school children with their homework.", Some(Profile::Kids)),
            ("You help parents and children read together.", Some(Profile::Kids)),
            ("你是故事伙伴，面向家长和孩子。", Some(Profile::Kids)),
        ] {
            assert_eq!(Profile::told(prompt), profile, "{prompt}");
        }
    }
}
