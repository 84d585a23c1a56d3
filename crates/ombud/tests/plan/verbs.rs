use ombud_core::DataType;
use serde_json::Value;

use crate::project::{Project, append, memory, request};

#[test]
fn an_empty_project_is_told_what_to_type() {
    let project = Project::new();
    let notice = project.ombud(&["notice"]);
    assert_eq!((notice.code, notice.out.as_str()), (2, ""));
    assert!(
        notice.err.contains("`ombud check`") && notice.err.contains("`ombud run -- <CMD>`"),
        "{}",
        notice.err
    );
    let check = project.ombud(&["notice", "check"]);
    assert!(check.code == 2 && check.err.contains("`ombud notice -o PRIVACY.md`"), "{}", check.err);
    let plan = project.ombud(&["plan"]);
    assert_eq!(plan.code, 0);
    assert!(plan.out.starts_with("Verdict: DO NOT PUBLISH YET"), "{}", plan.out);
    let plan = project.ombud(&["--lang", "zh", "plan"]);
    assert!(
        plan.out.starts_with("结论：先不要发布")
            && plan.out.contains("`ombud --lang zh attack -- <启动命令>`"),
        "{}",
        plan.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_true_until_the_traffic_changes() {
    let project = Project::new();
    let ledger = project.ledger().await;
    append(&ledger, request("deepseek", "api.deepseek.com", DataType::Phone, true));
    append(&ledger, memory("memory.personalise"));
    project.write(
        "ombud.toml",
        "[notice.recipients.notes]\nkind = \"store\"\ncountry = \"local\"\ntrains = \"no\"\n",
    );
    // The writer is open all the time: a gateway may be running.
    for lang in ["en", "zh"] {
        let made = project.ombud(&["--lang", lang, "notice", "-o", "PRIVACY.md"]);
        assert_eq!(made.code, 0, "{}", made.err);
        let check = project.ombud(&["notice", "check"]);
        assert_eq!(check.code, 0, "{}{}", check.out, check.err);
    }
    assert!(project.read("PRIVACY.md").contains("DeepSeek（中国）"));

    let to_openai = append(&ledger, request("openai", "api.openai.com", DataType::Email, true));
    let in_the_clear = append(&ledger, request("deepseek", "api.deepseek.com", DataType::Phone, false));
    append(&ledger, memory("advertising"));
    let check = project.ombud(&["notice", "check"]);
    assert_eq!(check.code, 1);
    for part in [
        "the recipient OpenAI, which receives: Email address; Chat and message content",
        to_openai.as_str(),
        "Phone number reaches DeepSeek in the clear",
        in_the_clear.as_str(),
        "the purpose “advertising”",
        "`ombud notice -o PRIVACY.md`",
    ] {
        assert!(check.out.contains(part), "{part}: {}", check.out);
    }
    let json = project.ombud(&["notice", "check", "--format", "json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((json["true"].as_bool(), json["by_words"].as_bool()), (Some(false), Some(false)));

    let again = project.ombud(&["notice", "-o", "PRIVACY.md"]);
    assert_eq!((again.code, project.ombud(&["notice", "check"]).code), (0, 0));
    ledger.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_in_the_operators_own_words_is_searched() {
    let project = Project::new();
    let ledger = project.ledger().await;
    append(&ledger, request("moonshot", "api.moonshot.cn", DataType::Phone, true));
    ledger.close().await.unwrap();
    project.write("ombud.toml", "[notice]\nfile = \"docs/privacy.txt\"\n");
    project.write("docs/privacy.txt", "我们会把聊天内容发给月之暗面。");
    let check = project.ombud(&["--lang", "zh", "notice", "check"]);
    assert_eq!(check.code, 1);
    assert!(check.out.contains("手机/电话号码") && check.out.contains("这种检查较弱"), "{}", check.out);
    project.write("docs/privacy.txt", "我们会把聊天内容和手机号发给月之暗面。");
    assert_eq!(project.ombud(&["notice", "check"]).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_report_is_named_and_never_taken_for_a_clean_one() {
    let project = Project::new();
    let ledger = project.ledger().await;
    append(&ledger, request("deepseek", "api.deepseek.com", DataType::Phone, true));
    ledger.close().await.unwrap();
    assert_eq!(project.ombud(&["notice", "-o", "PRIVACY.md"]).code, 0);
    project.write(".ombud/reports/check.json", "{\"findings\": [{\"severity\": \"error\"}]}");
    project.write(".ombud/reports/attack.json", "{\"schema\": \"ombud.attack/9\", \"cases\": []}");
    for args in [&["notice"][..], &["notice", "check"]] {
        let said = project.ombud(args);
        assert_eq!(said.code, 2);
        assert!(said.err.contains("check.json") && said.err.contains("missing field `rule`"), "{}", said.err);
    }
    let plan = project.ombud(&["plan", "--format", "json"]);
    assert_eq!(plan.code, 0);
    assert!(plan.err.contains("check.json") && plan.err.contains("newer version"), "{}", plan.err);
    let plan: Value = serde_json::from_str(&plan.out).unwrap();
    assert_ne!(plan["verdict"]["answer"], "publish");
    let unseen = plan["not_looked_at"].to_string();
    assert!(unseen.contains("check.json") && unseen.contains("attack.json"), "{unseen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_layer_and_format_can_be_written() {
    let project = Project::new();
    let ledger = project.ledger().await;
    append(&ledger, request("deepseek", "api.deepseek.com", DataType::CnId, true));
    ledger.close().await.unwrap();
    for layer in ["line", "popup", "full"] {
        for format in ["text", "md", "html", "json"] {
            let made = project.ombud(&["--lang", "zh", "notice", "--layer", layer, "--format", format]);
            assert_eq!(made.code, 0, "{}", made.err);
            assert!(made.out.contains("DeepSeek"), "{layer} {format}: {}", made.out);
        }
    }
    let line = project.ombud(&["notice", "--layer", "line", "--format", "text"]);
    assert_eq!(line.out.trim_end().lines().count(), 1, "{}", line.out);
    let html = project.ombud(&["notice", "--format", "html", "-o", "privacy.html"]);
    assert_eq!(html.code, 0);
    assert_eq!(project.ombud(&["notice", "check", "privacy.html"]).code, 0);
    let unwritable = project.ombud(&["notice", "-o", "no/such/folder/x.md"]);
    assert!(unwritable.code == 2 && unwritable.err.contains("no/such/folder/x.md"), "{}", unwritable.err);
}
