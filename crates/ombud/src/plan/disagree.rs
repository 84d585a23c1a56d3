//! Where code, traffic and the notice disagree.

use ombud_core::flow::{Difference, FlowMap, RecipientKind, What, compare};
use ombud_core::{Lang, say};

use crate::document::one_line;
use crate::flowmap::{Input, Known};
use crate::notice::{Published, describe, drift, tellable};

/// The disagreements.
pub(crate) fn disagreements(known: &Known, lang: Lang) -> Vec<String> {
    let (code, traffic) = (tellable(&known.code_flow()), tellable(&known.traffic_flow()));
    let mut all = Vec::new();
    if known.code.read().is_some() && known.traffic.read().is_some() {
        let only_traffic =
            say!(lang, en: "in traffic, not in the code that was read", zh: "流量中有、读到的代码中没有");
        let only_code = say!(lang, en: "in the code, not yet in traffic", zh: "代码中有、流量中还没出现");
        all.extend(only_in(&traffic, &code).map(|one| told(&only_traffic, &one, known, lang)));
        all.extend(only_in(&code, &traffic).map(|one| told(&only_code, &one, known, lang)));
    }
    if let Input::Read(published) = &known.published {
        all.extend(with_notice(known, published, lang));
    }
    all
}

/// Recipients and categories that only one of them shows, without tools: code does not know them by the names that the
/// model uses.
fn only_in(one: &FlowMap, other: &FlowMap) -> impl Iterator<Item = Difference> {
    compare(one, other).into_iter().filter(|difference| {
        difference.kind != RecipientKind::Tool
            && matches!(difference.what, What::Recipient { .. } | What::Category { .. })
    })
}

fn told(place: &str, difference: &Difference, known: &Known, lang: Lang) -> String {
    let what = describe(difference, known, lang);
    let evidence: Vec<String> = difference.evidence.iter().take(3).map(|place| one_line(place)).collect();
    let evidence = evidence.join(", ");
    say!(lang, en: "{place}: {what} [{evidence}]", zh: "{place}：{what} [{evidence}]")
}

fn with_notice(known: &Known, published: &Published, lang: Lang) -> Vec<String> {
    let drift = drift(known, published);
    let lacks = drift.lacks.iter().map(|lack| {
        let what = lack.told(known, lang);
        say!(lang, en: "not in the notice: {what}", zh: "隐私说明中没有：{what}")
    });
    let unseen = drift.unseen.iter().map(|difference| {
        let what = describe(difference, known, lang);
        say!(lang, en: "in the notice, but not observed: {what}", zh: "隐私说明中有、但没有看到：{what}")
    });
    lacks.chain(unseen).collect()
}
