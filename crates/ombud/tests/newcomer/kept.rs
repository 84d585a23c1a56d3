use crate::place::Place;

/// A check that is not of the whole project (a hook, an editor) says nothing about the project.
#[test]
fn only_the_check_of_the_project_itself_is_kept() {
    let place = Place::new().unwrap();
    let faulty = "from flask import Flask, request\nimport os\napp = Flask(__name__)\n@app.post('/')\ndef one():\n    os.system(request.json)\n";
    place.write("agent.py", faulty).unwrap();
    place.write("clean.py", "print('hello')\n").unwrap();
    std::fs::create_dir(place.path("other")).unwrap();
    place.write("other/bot.py", "print('hello')\n").unwrap();
    assert_eq!(place.ombud(&["check", "clean.py"]).unwrap().code, 0);
    assert!(!place.path(".ombud").exists(), "nothing is kept of a file");
    assert_eq!(place.ombud(&["check"]).unwrap().code, 1);
    let kept = std::fs::read(place.path(".ombud/reports/check.json")).unwrap();
    for (lang, other, word) in
        [("en", "clean.py", "keep using its last full check"), ("zh", "other", "仍以本项目上一次的检查结果")]
    {
        let checked = place.ombud(&["--lang", lang, "check", other]).unwrap();
        assert!(checked.code == 0 && checked.err.contains(word), "{}", checked.err);
        assert_eq!(std::fs::read(place.path(".ombud/reports/check.json")).unwrap(), kept);
    }
    let plan = place.ombud(&["plan"]).unwrap();
    assert!(plan.out.contains("DO NOT PUBLISH YET"), "{}", plan.out);
}

/// What somebody filled in by hand exists nowhere else, and does not come back.
#[test]
fn a_notice_that_was_edited_is_kept_beside_the_new_one() {
    let place = Place::new().unwrap();
    place
        .write("agent.py", "import openai\nopenai.OpenAI().responses.create(model='m', input=input())\n")
        .unwrap();
    // Whatever it finds.
    place.ombud(&["check"]).unwrap();
    place.write("PRIVACY.md", "hand-written\n").unwrap();
    let made = place.ombud(&["notice", "-o", "PRIVACY.md"]).unwrap();
    assert!(made.code == 0 && made.err.contains("PRIVACY.md.bak"), "{}", made.err);
    assert_eq!(std::fs::read_to_string(place.path("PRIVACY.md.bak")).unwrap(), "hand-written\n");
    assert!(
        std::fs::read_to_string(place.path("PRIVACY.md"))
            .unwrap()
            .contains("Privacy notice of this assistant")
    );
    assert!(
        std::fs::read_to_string(place.path("PRIVACY.md"))
            .unwrap()
            .contains("This assistant is a computer program")
    );
    let again = place.ombud(&["--lang", "zh", "notice", "-o", "PRIVACY.md"]).unwrap();
    assert!(again.err.contains("PRIVACY.md.bak1"), "{}", again.err);
}

#[test]
fn a_difference_of_a_clients_configuration_shows_no_key() {
    let place = Place::new().unwrap();
    let file = r#"{ "mcpServers": { "a": { "command": "npx", "args": ["-y", "pkg", "--token", "plain-secret-1"], "env": { "KEY": "plain-secret-2" } }, "b": { "url": "https://x.example/mcp", "headers": { "Authorization": "Bearer plain-secret-3" } } } }"#;
    place.write("mcp.json", file).unwrap();
    let told = |args: &[&str]| {
        let done = place.ombud(&[&["connect", "--file", "mcp.json"], args].concat()).unwrap();
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.out.contains("mcp"), "{}", done.out);
        assert!(!done.out.contains("plain-secret") && !done.err.contains("plain-secret"), "{}", done.out);
        done
    };
    told(&["--print"]);
    let changed = told(&[]);
    assert!(!changed.err.contains("Next:"), "there is no log to look at yet");
    assert!(
        changed.err.contains("`b` is reached over the network and is NOT behind Ombud"),
        "{}",
        changed.err
    );
    assert!(std::fs::read_to_string(place.path("mcp.json")).unwrap().contains("plain-secret-1"));
    told(&["--undo"]);
    assert_eq!(std::fs::read_to_string(place.path("mcp.json")).unwrap(), file);
    place.write("mcp.json", "{\n  \"mcpServers\": {\n    oops\n").unwrap();
    let broken = place.ombud(&["--lang", "zh", "connect", "--file", "mcp.json"]).unwrap();
    assert!(
        broken.code == 2 && broken.err.contains("mcp.json") && broken.err.contains("第 3 行"),
        "{}",
        broken.err
    );
}
