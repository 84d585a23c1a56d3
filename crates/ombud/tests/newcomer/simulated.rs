use std::net::TcpListener;

use crate::place::Place;

/// An agent that sends one request to a path, for a host that its client hard-codes. What it remembers precedes what it is
/// told.
const AGENT: &str = r#"body='{"model":"m","input":"hi","messages":[{"role":"user","content":"<memories>Paul likes tea.</memories> '"$3"'"}]}'
exec 3<>/dev/tcp/127.0.0.1/${OMBUD_GATEWAY##*:}
printf 'POST %s HTTP/1.1\r\nhost: 127.0.0.1\r\nx-ombud-host: %s\r\nconnection: close\r\ncontent-length: %s\r\n\r\n%s' "$1" "$2" "$(printf %s "$body" | wc -c)" "$body" >&3
cat <&3
"#;

/// With the simulated model nobody else is contacted, whichever way a client takes and whatever `ombud.toml` says.
#[test]
fn no_way_leads_to_a_provider() {
    let place = Place::new().unwrap();
    let trap = TcpListener::bind("127.0.0.1:0").unwrap();
    trap.set_nonblocking(true).unwrap();
    let real = trap.local_addr().unwrap();
    let file = format!(
        "[gateway]\nupstream = \"http://{real}/llm/v1\"\nupstream_anthropic = \"http://{real}/claude\"\n[providers.mine]\nbase = \"http://{real}/mine/v1\"\n"
    );
    place.write("ombud.toml", file).unwrap();
    place.write("agent.sh", AGENT).unwrap();
    let host = real.to_string();
    for (path, host) in [
        ("/v1/chat/completions", "x"),
        ("/v1/responses", "x"),
        ("/v1/embeddings", "x"),
        ("/v1/messages", "x"),
        ("/p/anthropic/v1/messages", "api.anthropic.com"),
        ("/p/deepseek/v1/chat/completions", "api.deepseek.com"),
        ("/p/deepseek/anthropic/v1/messages", "api.deepseek.com"),
        ("/p/mine/v1/chat/completions", &host),
        ("/p/upstream/llm/v1/chat/completions", &host),
    ] {
        let run =
            place.ombud(&["run", "--simulated", "--", "bash", "agent.sh", path, host, "hello"]).unwrap();
        assert!(run.out.starts_with("HTTP/1.1 200 "), "{path}: {}\n{}", run.out, run.err);
        assert!(run.out.contains("ombud-sim"), "{path}: {}", run.out);
        assert!(
            run.err.contains("  the simulated model (this machine), 1 request(s)"),
            "{path}: {}",
            run.err
        );
        assert!(trap.accept().is_err(), "{path} reached a provider");
    }
    let log = place.ombud(&["log", "show"]).unwrap().out;
    assert!(log.contains("upstream (127.0.0.1:") && !log.contains("deepseek ("), "{log}");
}

#[test]
fn an_attack_asks_the_gullible_model_whichever_way_a_client_takes() {
    let place = Place::new().unwrap();
    place.write("agent.sh", AGENT).unwrap();
    for (path, host) in [("/v1/messages", "x"), ("/p/deepseek/v1/chat/completions", "api.deepseek.com")] {
        let attack = ["attack", "--template", "other-users", "--format", "json", "--"];
        let attacked = place.ombud(&[&attack[..], &["bash", "agent.sh", path, host]].concat()).unwrap();
        let told: serde_json::Value = serde_json::from_str(&attacked.out).unwrap();
        let text = told.to_string();
        assert!(attacked.code != 2 && !text.contains("\"error\""), "{path}: {} {text}", attacked.code);
    }
}

/// A user without a key learns how to go on without one; one who already does is not told again.
#[test]
fn an_agent_that_fails_before_it_asks_is_told_how_to_run_without_a_key() {
    let place = Place::new().unwrap();
    place.write("agent.sh", "echo the key is missing >&2; exit 3\n").unwrap();
    for (lang, word) in [("en", "failed before it called a model"), ("zh", "在调用模型之前就出错了")]
    {
        let run = place.ombud(&["--lang", lang, "run", "--", "bash", "agent.sh"]).unwrap();
        assert_eq!(run.code, 3, "{}", run.err);
        assert!(
            run.err.contains(word) && run.err.contains("run --simulated -- bash agent.sh"),
            "{}",
            run.err
        );
    }
    let run = place.ombud(&["run", "--simulated", "--", "bash", "agent.sh"]).unwrap();
    assert!(!run.err.contains("Next:"), "{}", run.err);
}
