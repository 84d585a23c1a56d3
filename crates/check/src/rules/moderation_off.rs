//! `moderation-off`
//!
//! What it does: finds chat apps of a low-code platform that strangers may use and in which the platform's own content review is
//! switched off. One finding per app.
//!
//! Why it matters: nothing stands between a bad answer and the person who reads it, who may be a child.
//!
//! Reference: Interim Measures for Generative AI Services Art. 4 and 14; risks C01 and C03.

use ombud_core::finding::{Bilingual, Confidence, Finding, RuleId, Severity};

use super::{Project, Rule, Text, finding};

pub(super) const RULE: Rule = Rule {
    id: RuleId("moderation-off"),
    risks: &["C01", "C03"],
    severity: Severity::Info,
    title: Text { en: "content review is switched off", zh: "内容审查未开启" },
    harm: Text {
        en: "Harmful answers reach the people who use the app, children too, and harmful requests reach the model.",
        zh: "有害回答会直接展示给用户（包括未成年人），有害请求也会直接进入模型。",
    },
    fix: Text {
        en: "Switch the review of inputs and outputs on in the app's features, with keywords or a moderation API.",
        zh: "在应用的功能设置中开启对输入和输出的内容审查，可用关键词或审查接口。",
    },
    example: "  sensitive_word_avoidance:\n-   enabled: false\n+   enabled: true\n",
    graph: Some(run),
};

fn run(project: &Project<'_>) -> Vec<Finding> {
    let facts = project.facts;
    let one = |(file, span): &(usize, std::ops::Range<usize>)| {
        let message = Bilingual::new(
            "people chat with this app, and nothing reviews what goes in or comes out",
            "有人与此应用对话，而输入和输出都没有经过内容审查",
        );
        finding(&RULE, Severity::Info, Confidence::High, facts.place(*file, span.clone()), message)
    };
    facts.unreviewed.iter().map(one).collect()
}
