//! What to do, in the order that protects people most per minute.

use std::cmp::Reverse;

use ombud_core::{Lang, say};

use super::risk::Open;
use crate::flowmap::{Input, Known};

/// A thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its stable id.
    pub id: &'static str,
    /// Minutes it takes somebody who does it for the first time.
    pub minutes: u32,
    /// What to do.
    pub title: String,
    /// What to type.
    pub command: String,
    /// What to type to see that it worked; empty if the command itself shows it.
    pub retest: &'static str,
    /// Ids of the open risks that it closes.
    pub closes: Vec<&'static str>,
    /// The total weight of those risks.
    pub weight: u32,
}

/// Something that can be done about risks.
struct Measure {
    id: &'static str,
    minutes: u32,
    closes: &'static [&'static str],
    title: fn(Lang) -> String,
    command: fn(Lang) -> String,
    retest: &'static str,
}

/// What is left of [`HARDENED`] where the tool gate already asks: another rule would not help.
const BEYOND: Measure = Measure {
    id: "beyond",
    minutes: 30,
    closes: HARDENED,
    title: |lang| {
        say!(lang,
            en: "Close what gets through although Ombud asks: open the replay of each attack that still succeeds, and apply the fix shown there",
            zh: "堵住 Ombud 已在询问却仍能得手的攻击：打开每个仍然得手的攻击的回放，按其中的对策修复")
    },
    command: |lang| say!(lang, en: "ombud attack -- <CMD>", zh: "ombud attack -- <启动命令>"),
    retest: "",
};

/// Risks that a tool gate removes.
const HARDENED: &[&str] = &["S01", "S02", "S03", "S04", "S05", "S06", "S07", "S08", "S10", "S21", "A04"];

/// In the order used when nothing else decides. Each risk is in one of them; the last takes the rest.
const MEASURES: &[Measure] = &[
    Measure {
        id: "keys",
        minutes: 5,
        closes: &["S09", "P12"],
        title: |lang| {
            say!(lang,
            en: "Revoke the keys that were exposed, make new ones, and keep them in environment variables",
            zh: "作废泄露的密钥，换新的，只放在环境变量里")
        },
        command: |_| "ombud check".to_owned(),
        retest: "",
    },
    Measure {
        id: "gateway",
        minutes: 10,
        closes: &["P02", "P13", "A01", "A02", "A03"],
        title: |lang| {
            say!(lang,
            en: "Route every model call through the gateway: it masks personal data and keeps the log. Read base URLs from the environment, and let [policy.masking] allow nothing in the clear",
            zh: "让所有模型调用都走网关：自动脱敏并留下日志。接口地址从环境变量读取，[policy.masking] 里不放行原文")
        },
        command: run,
        retest: "ombud check",
    },
    Measure {
        id: "provider",
        minutes: 10,
        closes: &["P05", "P06", "A08"],
        title: |lang| {
            say!(lang,
            en: "Look up what the provider does with your users' words (training, country, how long it keeps them), choose the plan or region that fits, and write what you know under [notice.recipients] in ombud.toml",
            zh: "查清服务商怎样处理用户的话（是否用于训练、在哪个国家或地区、保留多久），选用合适的套餐或地区，并把查到的写进 ombud.toml 的 [notice.recipients]")
        },
        command: |_| "ombud providers".to_owned(),
        retest: "ombud plan",
    },
    Measure {
        id: "harden",
        minutes: 15,
        closes: HARDENED,
        title: |lang| {
            say!(lang,
            en: "Let Ombud ask before anything is sent, paid or deleted, and attack again",
            zh: "让 Ombud 在发送、付款、删除之前先询问用户，然后再攻击一遍")
        },
        command: |lang| say!(lang, en: "ombud attack --harden -- <CMD>", zh: "ombud attack --harden -- <启动命令>"),
        retest: "",
    },
    Measure {
        id: "untrusted",
        minutes: 15,
        closes: &["S11", "S12", "S14"],
        title: |lang| {
            say!(lang,
            en: "Never run or render text from outside: pass arguments as a list, bind SQL parameters, escape what is shown",
            zh: "外来文字不要执行也不要直接渲染：命令参数用列表，SQL 用参数绑定，显示前转义")
        },
        command: |_| "ombud check".to_owned(),
        retest: "",
    },
    Measure {
        id: "store",
        minutes: 15,
        closes: &["P09", "P14", "S13"],
        title: |lang| {
            say!(lang,
            en: "Keep chats encrypted and separate for each user, or do not keep them",
            zh: "聊天记录加密存放、按用户隔离，或者干脆不存")
        },
        command: |_| "ombud check".to_owned(),
        retest: "",
    },
    Measure {
        id: "apart",
        minutes: 30,
        closes: &["P11"],
        title: |lang| {
            say!(lang,
            en: "Keep each user's memory separate: one namespace for each user, or Ombud in front of the store ([memory.<name>] in ombud.toml)",
            zh: "各用户的记忆分开存放：每人一个命名空间，或让 Ombud 站在记忆库前面（ombud.toml 的 [memory.<名称>]）")
        },
        command: |_| "ombud check".to_owned(),
        retest: "ombud attack -- <CMD>",
    },
    Measure {
        id: "consent",
        minutes: 15,
        closes: &["P03", "P07", "P08", "P01"],
        title: |lang| {
            say!(lang,
            en: "Ask before memory is read or written: put @user_consent_required on the functions that do it",
            zh: "读写记忆之前先征得同意：给相关函数加上 @user_consent_required")
        },
        command: |_| "ombud check".to_owned(),
        retest: "",
    },
    Measure {
        id: "notice",
        minutes: 10,
        closes: &["P04", "A05"],
        title: |lang| {
            say!(lang,
            en: "Write the notice, fill in what is marked, publish it",
            zh: "生成隐私说明，补全标出的空缺，发布出去")
        },
        command: |_| "ombud notice -o PRIVACY.md".to_owned(),
        retest: "ombud notice check",
    },
    Measure {
        id: "erase",
        minutes: 10,
        closes: &["P10"],
        title: |lang| {
            say!(lang,
            en: "Give users a way to be forgotten, and try it on a test user",
            zh: "给用户一个删除入口，用测试用户试一遍")
        },
        command: |lang| say!(lang, en: "ombud subject erase <USER>", zh: "ombud subject erase <用户>"),
        retest: "ombud log verify",
    },
    Measure {
        id: "limit",
        minutes: 5,
        closes: &["S15"],
        title: |lang| {
            say!(lang,
            en: "Stop the agent's loop after a fixed number of rounds",
            zh: "给智能体的循环设一个次数上限")
        },
        command: |_| "ombud check".to_owned(),
        retest: "",
    },
    Measure {
        id: "rest",
        minutes: 15,
        closes: &[],
        title: |lang| say!(lang, en: "Read the evidence of the other risks and fix what it shows", zh: "查看其余风险的证据，逐项修复"),
        command: |_| "ombud plan --format md".to_owned(),
        retest: "ombud check",
    },
];

fn run(lang: Lang) -> String {
    say!(lang, en: "ombud run -- <CMD>", zh: "ombud run -- <启动命令>")
}

/// The steps that close the open risks, those first that remove the most weight per minute. `asks` is whether the tool gate
/// is on.
pub(crate) fn steps(open: &[Open], asks: bool, lang: Lang) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for measure in MEASURES {
        let closed: Vec<&Open> = open.iter().filter(|open| measure_of(open).id == measure.id).collect();
        if closed.is_empty() {
            continue;
        }
        let measure = if asks && measure.id == "harden" { &BEYOND } else { measure };
        steps.push(Step {
            id: measure.id,
            minutes: measure.minutes,
            title: (measure.title)(lang),
            command: (measure.command)(lang),
            retest: measure.retest,
            closes: closed.iter().map(|open| open.risk.id.as_str()).collect(),
            weight: closed.iter().map(|open| open.weight()).sum(),
        });
    }
    // A stable sort keeps the order of the table among equals. Thousandths per minute are whole numbers.
    steps.sort_by_key(|step| Reverse(step.weight * 1000 / step.minutes.max(1)));
    steps
}

fn measure_of(open: &Open) -> &'static Measure {
    const REST: &Measure = &MEASURES[MEASURES.len() - 1];
    MEASURES.iter().find(|measure| measure.closes.contains(&open.risk.id.as_str())).unwrap_or(REST)
}

/// What to run first, because the plan is blind without it.
pub(crate) fn look_first(known: &Known, lang: Lang) -> Vec<Step> {
    fn step<T>(input: &Input<T>, step: Step) -> Option<Step> {
        input.read().is_none().then_some(step)
    }
    let look = |id, minutes, title, command: String| Step {
        id,
        minutes,
        title,
        command,
        retest: "",
        closes: Vec::new(),
        weight: 0,
    };
    let check =
        look("look-code", 2, say!(lang, en: "Check the code", zh: "检查代码"), "ombud check".to_owned());
    let traffic = look(
        "look-traffic",
        5,
        say!(lang, en: "See what the agent really sends", zh: "看智能体实际发出了什么"),
        run(lang),
    );
    let command = say!(lang, en: "ombud attack -- <CMD>", zh: "ombud attack -- <启动命令>");
    let attack = look(
        "look-attack",
        10,
        say!(lang, en: "See whether strangers can steer it", zh: "看陌生人能不能指挥它"),
        command,
    );
    [step(&known.code, check), step(&known.traffic, traffic), step(&known.attacked, attack)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_risk_is_closed_by_one_step() {
        let all: Vec<&str> = MEASURES.iter().flat_map(|measure| measure.closes.iter().copied()).collect();
        assert_eq!(all.len(), all.iter().collect::<BTreeSet<_>>().len());
        let ids: BTreeSet<&str> = MEASURES.iter().map(|measure| measure.id).collect();
        assert_eq!(ids.len(), MEASURES.len());
    }
}
