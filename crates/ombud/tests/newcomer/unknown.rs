//! A check that saw nothing, and the next step for what cannot be started from here.

use crate::place::Place;

#[test]
fn a_folder_without_an_agent_is_unknown_before_and_after_init() {
    let place = Place::new().unwrap();
    assert_eq!(place.ombud(&["check"]).unwrap().code, 2);
    let init = place.ombud(&["init"]).unwrap();
    assert!(init.err.contains("this folder contains no agent"), "{}", init.err);
    for (lang, words) in [("en", "so nothing is known (exit code 2)"), ("zh", "无法得出结论")] {
        let check = place.ombud(&["--lang", lang, "check"]).unwrap();
        assert_eq!(check.code, 2, "{}", check.out);
        assert!(check.out.contains(words) && !check.err.contains("ombud run"), "{}{}", check.out, check.err);
    }
    let page = place.ombud(&["check", "--format", "html"]).unwrap();
    assert_eq!(page.code, 2);
    assert!(page.out.contains("so nothing is known") && page.err.contains("so nothing is known"));
}

#[test]
fn a_broken_export_is_unknown_and_named() {
    let place = Place::new().unwrap();
    place.write("flow.json", "{\"nodes\": [").unwrap();
    let check = place.ombud(&["check"]).unwrap();
    assert_eq!(check.code, 2);
    assert!(check.out.contains("flow.json:1: its syntax is broken"), "{}", check.out);
}

#[test]
fn what_a_platform_runs_is_led_to_the_gateway() {
    let place = Place::new().unwrap();
    let flow = r#"{"nodes": [{"name": "In", "type": "n8n-nodes-base.manualTrigger", "parameters": {}}], "connections": {}}"#;
    place.write("flow.json", flow).unwrap();
    let next = |lang: &str| place.ombud(&["--lang", lang, "check"]).unwrap().err;
    assert!(next("en").contains("Next:  ombud serve"), "{}", next("en"));
    assert!(next("zh").contains("下一步：ombud --lang zh serve"), "{}", next("zh"));
    std::fs::remove_file(place.path("flow.json")).unwrap();
    place.write(".mcp.json", r#"{"mcpServers": {"a": {"command": "a"}}}"#).unwrap();
    assert!(next("en").contains("Next:  ombud connect"), "{}", next("en"));
    place.write("agent.py", "print(1)\n").unwrap();
    assert!(next("en").contains("run --simulated -- python3 agent.py"), "{}", next("en"));
}

#[test]
fn a_provider_on_this_machine_is_in_no_unknown_country() {
    let place = Place::new().unwrap();
    for (lang, word) in [("en", "local"), ("zh", "本机")] {
        let all = place.ombud(&["--lang", lang, "providers"]).unwrap().out;
        let row = all.lines().find(|line| line.starts_with("ollama")).unwrap();
        assert!(row.contains(word), "{row}");
    }
}
