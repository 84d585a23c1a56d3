//! `ombud demo`: the whole loop on a sample assistant. The check finds what is missing, an attack proves it, the fixed twin
//! is run, attacked and inspected, its user is erased, and the log is verified. Every step is a command that anyone can
//! type; the demonstration runs it in a folder of its own and shows its output.

mod sample;
mod stage;
mod tamper;
mod view;

use anyhow::{Result, bail};
use ombud_core::say;

use crate::cli;
use crate::output::Terminal;
use sample::Twin;
use stage::Stage;

/// The template that the demonstration attacks with.
const TEMPLATE: &str = "forward-inbox";

/// Whom the assistant serves.
const SUBJECT: &str = "emily";

/// Runs the demonstration.
pub(crate) async fn demo(args: &cli::Demo, terminal: Terminal) -> Result<u8> {
    let real = !args.simulated && std::env::var_os("OPENAI_API_KEY").is_some_and(|key| !key.is_empty());
    let stage = Stage::open(real, terminal).await?;
    opening(&stage)?;
    check(&stage).await?;
    attack(&stage).await?;
    mend(&stage).await?;
    use_it(&stage).await?;
    erase(&stage).await?;
    log(&stage).await?;
    closing(&stage)?;
    Ok(0)
}

fn opening(stage: &Stage) -> Result<()> {
    stage.say(&say!(stage.lang(),
        en: "A sample assistant (150 lines of Python) with email, files, web and a memory, as many people write it.\nIts world and its model are simulated: no key, no network, nothing leaves this machine.",
        zh: "一个示例助理（150 行 Python），会收发邮件、读文件、上网，还有记忆，和许多人写的一样。\n它的环境和模型都是模拟的：不需要密钥，不联网，任何内容都不会离开本机。"))
}

/// What is missing before release.
async fn check(stage: &Stage) -> Result<()> {
    stage.heading(
        &say!(stage.lang(), en: "1. Before release: what is missing?", zh: "1. 发布之前：缺了什么保护？"),
    )?;
    sample::put(stage.folder(), Twin::Faulty)?;
    let played = stage.ombud(&["check"], 1).await?;
    stage.show(&view::finding(&played.out, "retrieval-without-consent"))?;
    stage.show(view::closing(&played.out))
}

/// What a stranger's email can do with it.
async fn attack(stage: &Stage) -> Result<()> {
    stage.heading(&say!(stage.lang(), en: "2. In testing: what can a stranger's email make it do?", zh: "2. 测试：陌生人的一封邮件能让它做什么？"))?;
    let lang = stage.lang().tag();
    let played = stage
        .ombud(&["attack", "--template", TEMPLATE, "--", "python3", "agent.py", "--lang", lang], 1)
        .await?;
    stage.show(&played.out)
}

/// The fixed twin: the finding is gone, the attack is stopped.
async fn mend(stage: &Stage) -> Result<()> {
    stage.heading(&say!(stage.lang(),
        en: "3. Fixed: it asks for consent, and rules guard its tools",
        zh: "3. 修好之后：先征得同意，工具也有规则把守"))?;
    sample::put(stage.folder(), Twin::Mended)?;
    stage.configure(&sample::configuration(stage.world()))?;
    // Third-party text next to powerful tools: code alone does not fix that, a rule does.
    let played = stage.ombud(&["check"], 1).await?;
    stage.show(view::closing(&played.out))?;
    let lang = stage.lang().tag();
    let command = ["python3", "agent.py", "--lang", lang, "--user", SUBJECT, "--consent", "yes"];
    let harden = [&["attack", "--template", TEMPLATE, "--harden", "--"], &command[..]].concat();
    let played = stage.ombud(&harden, 0).await?;
    stage.show(&played.out)?;
    let played = stage.ombud(&["check"], 0).await?;
    stage.show(view::closing(&played.out))
}

/// A real conversation: what the assistant sent and what the provider received.
async fn use_it(stage: &Stage) -> Result<()> {
    stage.heading(
        &say!(stage.lang(), en: "4. In use: who sees the user's data?", zh: "4. 使用：谁看得到用户的数据？"),
    )?;
    let (lang, message) = (stage.lang().tag(), view::message(stage.lang()));
    let run = ["python3", "agent.py", "--lang", lang, "--user", SUBJECT, "--consent", "yes", message];
    let played = stage.run(&run).await?;
    let sent = view::sent(&stage.home()).await?;
    if sent.is_empty() {
        bail!(
            say!(stage.lang(), en: "the assistant sent nothing; the demonstration is broken", zh: "助理没有发送任何内容，演示出错")
        );
    }
    let received = stage.received();
    stage.show(&view::side_by_side(&sent, &received, stage.lang()))?;
    let said = played.out.trim();
    stage.show(&say!(stage.lang(), en: "the user reads  {said}", zh: "用户看到  {said}"))
}

/// The user leaves, and so does their data.
async fn erase(stage: &Stage) -> Result<()> {
    stage.heading(&say!(stage.lang(), en: "5. A user leaves: erase what is kept about them", zh: "5. 用户离开：删除保存的用户数据"))?;
    let played = stage.ombud(&["subject", "erase", SUBJECT], 0).await?;
    stage.show(&played.out)
}

/// The log: intact after all that, and damaged once somebody changes a byte.
async fn log(stage: &Stage) -> Result<()> {
    stage.heading(&say!(stage.lang(), en: "6. Afterwards: what proves it?", zh: "6. 事后：拿什么证明？"))?;
    let played = stage.ombud(&["log", "verify"], 0).await?;
    stage.show(&played.out)?;
    let copy = stage.folder().join("copy");
    let (from, to) = tamper::change_a_copy(&stage.home(), &copy)?;
    stage.show(&say!(stage.lang(),
        en: "Now somebody changes one character in a copy: {from} becomes {to}.",
        zh: "现在有人在副本中改了一个字符：{from} 变成了 {to}。"))?;
    let played = stage.ombud(&["log", "verify", "copy"], 1).await?;
    stage.show(&view::first(&played.out, 2))
}

fn closing(stage: &Stage) -> Result<()> {
    let folder = stage.folder().display().to_string();
    stage.heading(&say!(stage.lang(), en: "Your turn", zh: "轮到你了"))?;
    stage.say(&say!(stage.lang(),
        en: "Look at all of this in a browser:  cd {folder} && ombud console\nIn your own project:               ombud init",
        zh: "在浏览器里看这一切：cd {folder} && ombud console\n在你自己的项目里：  ombud init"))?;
    Ok(())
}
