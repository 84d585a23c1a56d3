use std::io::{Read as _, Write as _};

use serde_json::json;

use crate::place::Place;

#[test]
fn a_run_whose_requests_were_all_refused_says_so_and_what_to_type() {
    let place = Place::new().unwrap();
    let agent = "exec 3<>/dev/tcp/127.0.0.1/${OMBUD_GATEWAY##*:}; \
        printf 'POST /v1/files HTTP/1.1\\r\\nhost: 127.0.0.1\\r\\nconnection: close\\r\\ncontent-length: 2\\r\\n\\r\\n{}' >&3; cat <&3 >/dev/null";
    let run = place.ombud(&["--lang", "zh", "run", "--", "bash", "-c", agent]).unwrap();
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(!run.err.contains("没有受到任何保护"), "{}", run.err);
    for part in [
        "没有向服务商发送任何请求",
        "1 个请求没有得到可用的回答",
        "1 × 未发送：路径不属于 Ombud 能读懂的接口（",
        "不经检查放行）  ombud --lang zh log show ",
        "下一步：ombud --lang zh log show ",
    ] {
        assert!(run.err.contains(part), "{part}:\n{}", run.err);
    }
    let log = place.ombud(&["log", "show"]).unwrap().out;
    assert!(log.contains("refused: the path belongs to no API that Ombud can read"), "{log}");
}

#[test]
fn a_server_that_ends_tells_what_was_refused() {
    let place = Place::new().unwrap();
    let served = place.serve(&[]).unwrap();
    let (status, _) = served.asked("POST", "/v1/chat/completions", "{nonsense").unwrap();
    assert_eq!(status, 400);
    let told = served.ended().unwrap();
    assert!(told.contains("1 × not sent: the request was not valid JSON (write the body with a JSON library)  ombud log show "), "{told}");
}

const CHAT: &str = r#"{"model":"m","messages":[{"role":"user","content":"call 139 7083 4512"}]}"#;

#[test]
fn what_reached_no_provider_is_told_as_such() {
    let place = Place::new().unwrap();
    place.write("ombud.toml", "[gateway]\nupstream = \"http://127.0.0.1:9\"\n").unwrap();
    let served = place.serve(&[]).unwrap();
    assert_eq!(served.asked("POST", "/v1/chat/completions", CHAT).unwrap().0, 502);
    let told = served.ended().unwrap();
    assert!(told.contains(": received nothing, 1 request(s) did not reach it"), "{told}");
    assert!(!told.contains("masked"), "{told}");
    for (lang, line) in
        [("en", "no response; the provider could not be reached"), ("zh", "没有收到回答；无法连接服务商")]
    {
        let log = place.ombud(&["--lang", lang, "log", "show"]).unwrap();
        assert!(log.out.contains(line), "{}", log.out);
    }
}

#[test]
fn a_quiet_run_leaves_out_the_whole_summary() {
    let place = Place::new().unwrap();
    place.write("ombud.toml", "[gateway]\nupstream = \"http://127.0.0.1:9\"\n").unwrap();
    let length = CHAT.len();
    let agent = format!(
        "exec 3<>/dev/tcp/127.0.0.1/${{OMBUD_GATEWAY##*:}}; printf 'POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{CHAT}' >&3; cat <&3 >/dev/null"
    );
    let told =
        |args: &[&str]| place.ombud(&[args, &["run", "--", "bash", "-c", &agent]].concat()).unwrap().err;
    assert!(told(&[]).contains("got no usable response"));
    let quiet = told(&["-q"]);
    assert!(!quiet.contains("got no usable response") && !quiet.contains("could not be reached"), "{quiet}");
}

#[test]
fn what_passed_unread_is_not_called_clean() {
    let place = Place::new().unwrap();
    let provider = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = provider.local_addr().unwrap().port();
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = provider.accept().unwrap();
        let mut got = [0; 4096];
        let length = stream.read(&mut got).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}").unwrap();
        length
    });
    let file =
        format!("[gateway]\nupstream = \"http://127.0.0.1:{port}/v1\"\npass = [\"/v1/files\", \"/files\"]\n");
    place.write("ombud.toml", file).unwrap();
    let served = place.serve(&[]).unwrap();
    assert_eq!(served.asked("POST", "/v1/files", "call 13970834512").unwrap().0, 200);
    assert!(answers.join().unwrap() > 0);
    let told = served.ended().unwrap();
    assert!(told.contains("masked nothing (NOT INSPECTED); 1 part(s) not inspected"), "{told}");
    assert!(!told.contains("nothing was found"), "{told}");
}

#[test]
fn a_program_that_is_no_file_is_not_looked_for_in_this_folder() {
    let place = Place::new().unwrap();
    let told = place.ombud(&["run", "--", "/nonexistent"]).unwrap().err;
    assert!(told.contains("no such file") && !told.contains(".//"), "{told}");
    assert!(place.ombud(&["run", "--", "nonexistent"]).unwrap().err.contains("`./nonexistent`"));
}

#[test]
fn a_damaged_log_is_not_shown_as_if_it_were_whole() {
    let place = Place::new().unwrap();
    let run = place.ombud(&["run", "--", "true"]).unwrap();
    assert_eq!(run.code, 0, "{}", run.err);
    let shown = place.ombud(&["log", "show"]).unwrap();
    assert!(shown.code == 0 && !shown.err.contains("DAMAGED"), "{}", shown.err);
    // An entry that is not among those shown.
    let path = place.path(".ombud/journal/00000000.seg");
    let mut bytes = std::fs::read(&path).unwrap();
    let at = bytes.windows(9).position(|window| window == b"run.start").unwrap();
    bytes[at] = b'R';
    std::fs::write(&path, bytes).unwrap();
    for (lang, word) in [("en", "DAMAGED, so"), ("zh", "日志已损坏")] {
        let shown = place.ombud(&["--lang", lang, "log", "show", "-n", "1"]).unwrap();
        assert!(shown.code == 0 && shown.out.lines().count() == 1, "{}", shown.err);
        assert!(shown.err.contains(word) && shown.err.contains("log verify`"), "{}", shown.err);
    }
    let verified = place.ombud(&["log", "verify"]).unwrap();
    assert_eq!(verified.code, 1, "{}", verified.out);
}

#[test]
fn the_interface_answers_in_its_own_shape_and_names_the_field() {
    let place = Place::new().unwrap();
    let served = place.serve(&["--lang", "zh"]).unwrap();
    for path in ["/api", "/api/", "/api/v1/nope", "/api/v2/scan", "/console/nope"] {
        let (status, told) = served.asked("GET", path, "").unwrap();
        assert_eq!((status, told["code"].as_str()), (404, Some("ombud_no_such_route")), "{path}: {told}");
        assert!(told["message"].as_str().unwrap().contains("/api/openapi.json"), "{told}");
    }
    let (_, told) = served.asked("POST", "/api/v1/subject/13970834512", "{}").unwrap();
    assert!(!told.to_string().contains("1397083") && told.to_string().contains("`/api/v1/…/…`"), "{told}");
    let body = r#"{"text":"x","13970834512`x`13970834512 Zhang Wei":1}"#;
    let (status, told) = served.asked("POST", "/api/v1/redact", body).unwrap();
    let told = told.to_string();
    assert!(status == 422 && !told.contains("1397083") && !told.contains("Zhang"), "{told}");
    let (status, told) = served.asked("GET", "/api/v1/scan", "").unwrap();
    assert_eq!((status, told["code"].as_str()), (405, Some("ombud_wrong_method")));
    for (path, body, said) in [
        ("/api/v1/scan", json!({}), "缺少字段 `text`"),
        ("/api/v1/redact", json!({ "text": 13_970_834_512_u64 }), "`text`：类型不对，写的是整数，应为字符串"),
        ("/api/v1/restore", json!({ "text": "x", "session": "s" }), "`x-ombud-session`"),
        (
            "/api/v1/sources",
            json!({ "sources": [{ "kind": "13970834512", "text": "x" }] }),
            "`sources[0].kind`",
        ),
    ] {
        let (status, told) = served.asked("POST", path, &body.to_string()).unwrap();
        let told = told["message"].as_str().unwrap();
        assert!(status == 422 && told.contains(said) && !told.contains("1397083"), "{path}: {told}");
    }
    served.ended().unwrap();
}

#[test]
fn who_asks_in_a_wrong_way_is_told_in_the_interfaces_own_shape() {
    let place = Place::new().unwrap();
    let served = place.serve(&["--lang", "zh"]).unwrap();
    let (status, told) = served.asked("GET", "/api/v1/consent", "").unwrap();
    assert!(status == 400 && told["message"].as_str().unwrap().contains("?subject="), "{told}");
    let (status, told) = served.asked("GET", "/api/v1/console/approvals", "").unwrap();
    assert!(status == 401 && told["message"].as_str().unwrap().contains("`x-ombud-console`"), "{told}");
    let busy = place.ombud(&["--lang", "zh", "run", "--", "true"]).unwrap();
    assert!(busy.code == 2 && busy.err.contains("正被进程 "), "{}", busy.err);
    served.ended().unwrap();
}

#[test]
fn a_reason_stands_before_the_advice() {
    let place = Place::new().unwrap();
    let absent = place.ombud(&["check", "no/such"]).unwrap();
    assert!(absent.err.trim_end().ends_with("ombud check PATH"), "{}", absent.err);
    place.write("a.py", "print(1)\n").unwrap();
    let folder = place.ombud(&["check", "--format", "html", "-o", "no/such.html"]).unwrap();
    assert!(
        folder.err.contains("its folder no: it does not exist") && folder.err.contains("mkdir"),
        "{}",
        folder.err
    );
    let baseline = place.ombud(&["--lang", "zh", "check", "--baseline", "none.json"]).unwrap();
    assert!(
        baseline.err.trim_end().ends_with("ombud --lang zh check --write-baseline none.json"),
        "{}",
        baseline.err
    );
}
