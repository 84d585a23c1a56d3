//! What is done already, each with the evidence for it.

use ombud_core::{Lang, say};

use crate::flowmap::{Attacked, Found, Input, Known, Outcome, Traffic};
use crate::notice::drift;

/// What is done already.
pub(crate) fn done(known: &Known, lang: Lang) -> Vec<String> {
    let traffic = known.traffic.read();
    let attacked = known.attacked.read();
    let of_traffic = [logged, masked, withheld, consented, shut, erased];
    let of_attack = [blocked, resisted];
    let mut done: Vec<String> = of_traffic.iter().filter_map(|one| one(traffic?, lang)).collect();
    done.extend(of_attack.iter().filter_map(|one| one(attacked?, lang)));
    done.extend(clean_code(known, lang));
    done.extend(true_notice(known, lang));
    done
}

fn logged(traffic: &Traffic, lang: Lang) -> Option<String> {
    let requests = some(traffic.requests)?;
    Some(say!(lang,
        en: "{requests} request(s) went through the gateway and are in the log (`ombud log verify`)",
        zh: "{requests} 个请求经过网关并留有日志（`ombud log verify`）"))
}

fn masked(traffic: &Traffic, lang: Lang) -> Option<String> {
    let amounts = traffic.flow.recipients.values().flat_map(|flow| flow.data.values());
    let masked = some(amounts.map(|amount| amount.masked).sum())?;
    Some(say!(lang, en: "{masked} value(s) were masked before they left", zh: "{masked} 个值在发出前已脱敏"))
}

fn withheld(traffic: &Traffic, lang: Lang) -> Option<String> {
    let withheld = some(traffic.tools.values().map(|used| used.withheld).sum())?;
    Some(say!(lang, en: "{withheld} tool call(s) were held back", zh: "拦下了 {withheld} 次工具调用"))
}

fn consented(traffic: &Traffic, lang: Lang) -> Option<String> {
    let given = some(traffic.consents.get("given").copied().unwrap_or_default())?;
    Some(say!(lang, en: "consent was given and recorded {given} time(s)", zh: "记录了 {given} 次同意"))
}

fn shut(traffic: &Traffic, lang: Lang) -> Option<String> {
    let refused = some(traffic.memory.1)?;
    Some(say!(lang,
        en: "memory access without consent was refused {refused} time(s)",
        zh: "因没有同意凭证而拒绝了 {refused} 次记忆库访问"))
}

fn erased(traffic: &Traffic, lang: Lang) -> Option<String> {
    let erased = some(traffic.erased.values().filter(|whole| **whole).count() as u64)?;
    Some(say!(lang,
        en: "the data of {erased} user(s) was erased on request, with a receipt",
        zh: "已按要求删除 {erased} 个用户的数据，并有回执"))
}

fn blocked(attacked: &Attacked, lang: Lang) -> Option<String> {
    let blocked = some(attacked.ended(Outcome::Blocked).count() as u64)?;
    Some(
        say!(lang, en: "{blocked} attack case(s) were held back by the gate", zh: "{blocked} 个攻击用例被关卡拦下"),
    )
}

fn resisted(attacked: &Attacked, lang: Lang) -> Option<String> {
    let resisted = some(attacked.ended(Outcome::Resisted).count() as u64)?;
    Some(
        say!(lang, en: "the model did not obey in {resisted} attack case(s)", zh: "{resisted} 个攻击用例中，模型没有照做"),
    )
}

fn clean_code(known: &Known, lang: Lang) -> Option<String> {
    let code = known.code.read()?;
    let clean = !code.is_blind() && !code.findings.iter().any(Found::stands);
    let told = || say!(lang, en: "`ombud check` found nothing in what it checked", zh: "`ombud check` 在检查过的范围内没有发现问题");
    clean.then(told)
}

fn true_notice(known: &Known, lang: Lang) -> Option<String> {
    let Input::Read(published) = &known.published else { return None };
    let shown = published.path.display();
    let told = || say!(lang, en: "{shown} names all that was seen", zh: "{shown} 写明了看到的一切");
    let drift = drift(known, published);
    (drift.is_true() == Some(true) && drift.gaps == 0).then(told)
}

/// A count, if it is worth a line.
fn some(count: u64) -> Option<u64> {
    (count > 0).then_some(count)
}
