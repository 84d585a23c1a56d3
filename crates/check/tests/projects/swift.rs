//! Swift: each rule over the graph, with what it must find and what it must not.

use ombud_check::Options;
use ombud_check::facts::GapKind;

use crate::project::{checked, lines, look};

fn of(text: &str) -> Vec<String> {
    lines(&checked(&[("App.swift", text)])).iter().map(|line| line.replace("App.swift:", "")).collect()
}

/// An app with a field and a button: `{send}` is what the button does with `said`.
fn app(send: &str) -> String {
    format!(
        "import SwiftUI\n@main\nstruct Demo: App {{\n    var body: some Scene {{ WindowGroup {{ ChatView() }} }}\n}}\n\
         struct ChatView: View {{\n    @State private var said = \"\"\n    @State private var answer = \"\"\n\
         \x20   var body: some View {{\n        VStack {{\n            TextField(\"Say\", text: $said)\n\
         \x20           Button(\"Send\") {{ Task {{ await send() }} }}\n        }}\n    }}\n\
         \x20   func send() async {{\n{send}    }}\n}}\n"
    )
}

const POST: &str = "        var request = URLRequest(url: URL(string: \"https://api.openai.com/v1/chat/completions\")!)\n\
     \x20       request.httpMethod = \"POST\"\n\
     \x20       request.setValue(\"Bearer \\(key)\", forHTTPHeaderField: \"Authorization\")\n\
     \x20       request.httpBody = try? JSONSerialization.data(withJSONObject: [\"messages\": [[\"role\": \"user\", \"content\": said]]])\n\
     \x20       let (data, _) = try! await URLSession.shared.data(for: request)\n\
     \x20       answer = String(data: data, encoding: .utf8) ?? \"\"\n";

#[test]
fn what_is_typed_goes_to_a_provider_in_the_clear() {
    let found =
        ["hardcoded-provider@16", "personal-data-unmasked@20", "privacy-manifest-missing-or-different@20"];
    assert_eq!(of(&app(POST)), found);
}

fn of_rule(rule: &str, text: &str) -> Vec<String> {
    of(text).into_iter().filter(|line| line.split('@').next() == Some(rule)).collect()
}

#[test]
fn who_gets_it_is_told_by_the_address() {
    let rule = "personal-data-unmasked";
    for (from, to) in [
        ("\"content\": said", "\"content\": \"hello\""),
        ("https://api.openai.com/v1/chat/completions", "http://localhost:11434/v1/chat/completions"),
        ("https://api.openai.com/v1/chat/completions", "https://api.my-own-backend.de/ask"),
        ("URL(string: \"https://api.openai.com/v1/chat/completions\")!", "URL(string: Config.base)!"),
        ("let (data, _) = try! await", "// let (data, _) = try! await"),
        ("        var request", "        #if DEBUG\n        var request"),
        ("        var request", "        guard false else { return }\n        var request"),
        ("TextField(\"Say\", text: $said)", "Text(said)"),
        ("TextField(\"Say\", text: $said)", "Toggle(\"Say\", isOn: $said)"),
    ] {
        assert!(of_rule(rule, &app(POST).replace(from, to)).is_empty(), "{from} → {to}");
    }
    for (from, to) in [
        ("\"https://api.openai.com/v1/chat/completions\"", "\"https://api.openai.com/\\(path)\""),
        (
            "URL(string: \"https://api.openai.com/v1/chat/completions\")!",
            "base.appendingPathComponent(\"chat\")",
        ),
        (
            "URL(string: \"https://api.openai.com/v1/chat/completions\")!",
            "URL(string: Endpoint.chat.rawValue)!",
        ),
        ("TextField(\"Say\", text: $said)", "TextEditor(text: $said)"),
        ("Task { await send() }", "go()"),
    ] {
        let rest = "let base = URL(string: \"https://api.openai.com/v1\")!\n\
                    enum Endpoint: String { case chat = \"https://api.openai.com/v1/chat/completions\" }\n\
                    extension ChatView { func go() { DispatchQueue.main.async { Task { await self.send() } } } }\n";
        assert_eq!(of_rule(rule, &(app(POST).replace(from, to) + rest)).len(), 1, "{from} → {to}");
    }
}

#[test]
fn packages_are_known_by_their_clients() {
    let rule = "personal-data-unmasked";
    for (send, found) in [
        (
            "let r = try? await OpenAI(apiToken: key).chats(query: ChatQuery(messages: [.user(said)], model: .gpt4_o))",
            1,
        ),
        (
            "let c = OpenAI(configuration: .init(token: key, host: \"127.0.0.1\"))\n        _ = try? await c.chats(query: ChatQuery(messages: [.user(said)], model: .gpt4_o))",
            0,
        ),
        (
            "let c = OpenAI(configuration: OpenAI.Configuration(token: key, host: \"api.deepseek.com\"))\n        c.chats(query: q(said)) { result in print(result) }",
            1,
        ),
        (
            "let s = OpenAIServiceFactory.service(apiKey: key)\n        _ = try? await s.startChat(parameters: .init(messages: [.init(role: .user, content: .text(said))], model: .gpt4o))",
            1,
        ),
        (
            "let s = OpenAIServiceFactory.service(baseURL: \"http://localhost:11434\")\n        _ = try? await s.startChat(parameters: .init(messages: [.init(role: .user, content: .text(said))], model: .custom(\"m\")))",
            0,
        ),
        (
            "for try await line in try! await ChatGPTAPI(apiKey: key).sendMessageStream(text: said) { answer += line }",
            1,
        ),
        (
            "let m = GenerativeModel(name: \"g\", apiKey: key)\n        answer = (try? await m.generateContent(said))?.text ?? \"\"",
            1,
        ),
        (
            "AF.request(\"https://api.openai.com/v1/chat/completions\", method: .post, parameters: [\"m\": said]).responseString { r in print(r) }",
            1,
        ),
        (
            "let s = LanguageModelSession()\n        answer = (try? await s.respond(to: said).content) ?? \"\"",
            0,
        ),
        ("struct OpenAI { func chats(query: String) {} }\n        OpenAI().chats(query: said)", 0),
    ] {
        let text = app(&format!("        {send}\n"));
        assert_eq!(of_rule(rule, &text).len(), found, "{send}: {:?}", of(&text));
    }
}

#[test]
fn a_key_in_the_app_is_everybodys() {
    let rule = "key-in-app";
    for (key, found) in [
        ("Bundle.main.object(forInfoDictionaryKey: \"OPENAI_KEY\") as! String", 1),
        ("Bundle.main.infoDictionary?[\"OPENAI_KEY\"] as? String ?? \"\"", 1),
        ("\"f3a94fj2kd93ka0d8s7f6a5s4d3f2\"", 1),
        // A key in a vendor's format is reported where it is written.
        ("\"sk-proj-4fj2kd93ka0d8s7f6a5s4d3f2\"", 0),
        ("\"YOUR-OPENAI-KEY-COMES-HERE-1\"", 0),
        ("ProcessInfo.processInfo.environment[\"OPENAI_KEY\"]!", 0),
        ("Keychain.read(\"openai\")", 0),
        ("said", 0),
    ] {
        let text = app(&format!("        let key = {key}\n{POST}"));
        assert_eq!(of_rule(rule, &text).len(), found, "{key}: {:?}", of(&text));
    }
    let title = app(
        "        let name = Bundle.main.object(forInfoDictionaryKey: \"CFBundleName\") as! String\n        request.setValue(name, forHTTPHeaderField: \"User-Agent\")\n",
    );
    assert!(of_rule(rule, &title).is_empty());
}

#[test]
fn secrets_belong_into_the_keychain() {
    let rule = "secret-in-user-defaults";
    for (line, found) in [
        ("UserDefaults.standard.set(said, forKey: \"openai_api_key\")", 1),
        (
            "let store = UserDefaults(suiteName: \"g\")!\n        store.setValue(said, forKey: \"accessToken\")",
            1,
        ),
        ("UserDefaults.standard.set(true, forKey: \"hasToken\")", 0),
        ("UserDefaults.standard.set(\"\", forKey: \"accessToken\")", 0),
        ("UserDefaults.standard.set(said, forKey: \"theme\")", 0),
        ("UserDefaults.standard.set(3, forKey: \"tokenCount\")", 0),
        ("Keychain().set(said, key: \"openai_api_key\")", 0),
        ("print(\"token\", said)", 0),
    ] {
        let text = app(&format!("        {line}\n"));
        assert_eq!(of_rule(rule, &text).len(), found, "{line}: {:?}", of(&text));
    }
    let bound = app("").replace("@State private var said", "@AppStorage(\"api_key\") private var said");
    assert_eq!(of_rule(rule, &bound).len(), 1, "{:?}", of(&bound));
    let settings = "final class Settings: ObservableObject { @AppStorage(\"api_key\") var key = \"\" }\n";
    let field = app("")
        .replace("text: $said", "text: $settings.key")
        .replace("@State private var said = \"\"", "@StateObject var settings = Settings()");
    assert_eq!(of_rule(rule, &(field + settings)).len(), 1);
    let assigned = app("        settings.key = said\n")
        .replace("@State private var answer = \"\"", "@StateObject var settings = Settings()");
    assert_eq!(of_rule(rule, &(assigned + settings)).len(), 1);
    let added = "extension UserDefaults {\n    var key: String? {\n        get { string(forKey: \"api_key\") }\n        set { set(newValue, forKey: \"api_key\") }\n    }\n}\n";
    assert_eq!(of_rule(rule, &(app("        UserDefaults.standard.key = said\n") + added)).len(), 1);
}

#[test]
fn conversations_do_not_lie_about() {
    let rule = "plaintext-chat-store";
    for (line, found) in [
        ("UserDefaults.standard.set(try! JSONEncoder().encode([said, answer]), forKey: \"x\")", 1),
        ("try? Data((said + answer).utf8).write(to: file)", 1),
        ("try? answer.write(toFile: \"chat.log\", atomically: true, encoding: .utf8)", 1),
        ("try? Data((said + answer).utf8).write(to: file, options: .completeFileProtection)", 0),
        ("try? AES.GCM.seal(Data((said + answer).utf8), using: k).combined!.write(to: file)", 0),
        ("UserDefaults.standard.set(answer.count, forKey: \"chat_count\")", 0),
        ("UserDefaults.standard.set(said, forKey: \"name\")", 0),
    ] {
        let text = app(&format!("{POST}        {line}\n"));
        assert_eq!(of_rule(rule, &text).len(), found, "{line}: {:?}", of(&text));
    }
}

#[test]
fn consent_is_asked_for_before_the_phone_is_told_on() {
    let rule = "device-data-without-consent";
    let read = "        let place = CLLocationManager().location!\n        let said = \"Where am I? \\(place.coordinate)\"\n";
    assert_eq!(of_rule(rule, &app(&format!("{read}{POST}"))).len(), 1);
    for before in [
        "        guard UserDefaults.standard.bool(forKey: \"hasConsented\") else { return }\n",
        "        guard ConsentStore.shared.hasConsented, !answer.isEmpty else { return }\n",
        "        if !ConsentStore.shared.hasConsented { return }\n",
        "        guard await ConsentStore.shared.askForConsent() else { return }\n",
        "        try? ConsentStore.requireConsent()\n",
    ] {
        let rest = "final class ConsentStore {\n    static let shared = ConsentStore()\n    var hasConsented: Bool { UserDefaults.standard.bool(forKey: \"agreed\") }\n    func askForConsent() async -> Bool { await Sheet.show() }\n    static func requireConsent() throws { guard shared.hasConsented else { throw E.no } }\n}\n";
        let text = app(&format!("{before}{read}{POST}")) + rest;
        assert!(of_rule(rule, &text).is_empty(), "{before}: {:?}", of(&text));
    }
    for before in [
        "        CLLocationManager().requestWhenInUseAuthorization()\n",
        "        if ConsentStore.shared.hasConsented { print(\"yes\") }\n",
        "        // guard ConsentStore.shared.hasConsented else { return }\n",
        "        guard ConsentStore.shared.hasConsented else { print(\"no\"); throw_away(); answer = \"\" ; fatal() }\n",
    ] {
        assert_eq!(of_rule(rule, &app(&format!("{before}{read}{POST}"))).len(), 1, "{before}");
    }
    let here = app(&format!("{read}        _ = try? await LanguageModelSession().respond(to: said)\n"));
    assert!(of_rule(rule, &here).is_empty());
    let agreed = app(&format!("{read}{POST}")).replace("Button(\"Send\")", "Button(\"I agree\")");
    assert!(of_rule(rule, &agreed).is_empty());
    // A `break` leaves the loop, or the `switch` in it; after that, the loop goes on.
    let looped = |guard: &str| app(&format!("        for _ in 0..<3 {{\n{guard}{read}{POST}        }}\n"));
    let leaves = "            guard ConsentStore.shared.hasConsented else { break }\n";
    assert!(of_rule(rule, &looped(leaves)).is_empty());
    let stays = format!(
        "            switch answer {{\n            case \"\":\n{leaves}            default: print(said)\n            }}\n"
    );
    assert_eq!(of_rule(rule, &looped(&stays)).len(), 1);
    let named = "            switch answer {\n            default: guard ConsentStore.shared.hasConsented else { break rounds }\n            }\n";
    assert!(of_rule(rule, &looped(named).replace("for _", "rounds: for _")).is_empty());
    // Text on another path is not device data.
    let two = app(&format!("        await post(said)\n    }}\n    func locate() async {{\n        guard ConsentStore.shared.hasConsented else {{ return }}\n        await post(\"\\(CLLocationManager().location!)\")\n    }}\n    func post(_ said: String) async {{\n{POST}"))
        .replace("await send() }", "await send(); await locate() }");
    assert!(of_rule(rule, &two).is_empty(), "{:?}", of(&two));
    assert_eq!(of_rule(rule, &two.replace("guard ConsentStore", "// guard ConsentStore")).len(), 1);
}

#[test]
fn manifests_say_what_is_sent() {
    let rule = "privacy-manifest-missing-or-different";
    let manifest = |kind: &str| {
        format!(
            "<plist><dict><key>NSPrivacyCollectedDataTypes</key><array><dict><key>NSPrivacyCollectedDataType</key>\n<string>NSPrivacyCollectedDataType{kind}</string></dict></array></dict></plist>"
        )
    };
    let found = |text: &str, declared: Option<&str>| {
        let privacy = declared.map(manifest).unwrap_or_default();
        let report = checked(&[("App.swift", text), ("PrivacyInfo.xcprivacy", &privacy)]);
        let own = report.findings.iter().filter(|one| one.rule.0 == rule);
        own.map(|one| format!("{}:{} {}", one.place.path, one.place.line, one.message.en)).collect::<Vec<_>>()
    };
    let text = app(POST);
    assert!(found(&text, Some("OtherUserContent")).is_empty());
    assert_eq!(
        found(&text, Some("CrashData")),
        [
            "PrivacyInfo.xcprivacy:2 the app sends data that its privacy manifest does not declare: OtherUserContent"
        ]
    );
    assert_eq!(of_rule(rule, &text), ["privacy-manifest-missing-or-different@20"]);
    let located = app(&format!("        let said = \"\\(CLLocationManager().location!)\"\n{POST}"));
    let told = found(&located, Some("OtherUserContent"));
    assert!(told.len() == 1 && told[0].ends_with("declare: PreciseLocation"), "{told:?}");
    assert!(found(&located, Some("CoarseLocation")).is_empty());
    assert!(of_rule(rule, &app("        print(said)\n")).is_empty());
    assert!(of_rule(rule, &text.replace("import SwiftUI", "import Foundation")).is_empty());
}

#[test]
fn connections_of_an_app_are_checked() {
    let rule = "connection-not-checked";
    let plist = |value: &str| {
        format!(
            "<plist><dict><key>NSAppTransportSecurity</key><dict>\n<key>NSAllowsArbitraryLoads</key><{value}/></dict></dict></plist>"
        )
    };
    for (value, found) in [("true", 1), ("false", 0)] {
        let all = lines(&checked(&[("App/Info.plist", &plist(value)), ("a.swift", "print(1)\n")]));
        assert_eq!(all.iter().filter(|line| line.starts_with(rule)).count(), found, "{all:?}");
    }
    let delegate = |check: &str| {
        app(
            "        let s = URLSession(configuration: .default, delegate: Open(), delegateQueue: nil)\n        _ = try? await s.data(from: url)\n",
        ) + &format!(
            "final class Open: NSObject, URLSessionDelegate {{\n    func urlSession(_ s: URLSession, didReceive c: URLAuthenticationChallenge, completionHandler: @escaping (URLSession.AuthChallengeDisposition, URLCredential?) -> Void) {{\n{check}        completionHandler(.useCredential, URLCredential(trust: c.protectionSpace.serverTrust!))\n    }}\n}}\n"
        )
    };
    assert_eq!(of_rule(rule, &delegate("")).len(), 1);
    assert!(
        of_rule(rule, &delegate("        guard SecTrustEvaluateWithError(t, nil) else { return }\n"))
            .is_empty()
    );
    let open = app(&POST.replace("https://api.openai.com", "http://api.openai.com"));
    assert_eq!(of_rule(rule, &open).len(), 1);
}

#[test]
fn hand_made_crypto_is_found() {
    for (rule, line, found) in [
        ("personal-data-hashed", "let x = Insecure.MD5.hash(data: Data(phone.utf8))", 1),
        ("personal-data-hashed", "let x = SHA256.hash(data: phone.data(using: .utf8)!)", 1),
        (
            "personal-data-hashed",
            "let x = HMAC<SHA256>.authenticationCode(for: Data(phone.utf8), using: k)",
            0,
        ),
        ("personal-data-hashed", "let x = SHA256.hash(data: Data((salt + phone).utf8))", 0),
        (
            "personal-data-hashed",
            "func encrypt(_ s: String) -> String { Data(s.utf8).base64EncodedString() }\n        _ = encrypt(said)",
            1,
        ),
        (
            "personal-data-hashed",
            "func encode(_ s: String) -> String { Data(s.utf8).base64EncodedString() }\n        _ = encode(said)",
            0,
        ),
        ("weak-cipher", "let k = SymmetricKey(data: Data(\"0123456789abcdef\".utf8))", 1),
        ("weak-cipher", "let k = SymmetricKey(size: .bits256)", 0),
        (
            "weak-cipher",
            "CCCrypt(0, 0, CCOptions(kCCOptionECBMode | kCCOptionPKCS7Padding), k, 16, nil, d, 1, &o, 1, &n)",
            1,
        ),
        ("weak-cipher", "CCCrypt(0, 0, CCOptions(kCCOptionPKCS7Padding), k, 16, nil, d, 1, &o, 1, &n)", 0),
    ] {
        let text = app(&format!("        let phone = said\n        {line}\n"));
        assert_eq!(of_rule(rule, &text).len(), found, "{line}: {:?}", of(&text));
    }
}

#[test]
fn hostile_files_are_named_or_read_and_the_rest_goes_on() {
    let good = app(POST);
    for (text, why) in [
        ("[".repeat(10_000), Some(GapKind::TooComplex)),
        ("/* ".repeat(50_000), Some(GapKind::TooComplex)),
        ("let x = #\" ".repeat(30_000), Some(GapKind::TooComplex)),
        ("func ( { ) let } =\n".repeat(50), Some(GapKind::Syntax)),
        ("\u{0}\u{1}\u{7f}\u{0}\n".repeat(50), Some(GapKind::Syntax)),
        (format!("let x = {}1\n", "1 + ".repeat(3_000)), None),
        (format!("let x = a{}\n", ".b".repeat(3_000)), None),
        (format!("let x = {}1{}\n", "[".repeat(900), "]".repeat(900)), None),
        (format!("func f() {{ {}g(){} }}\n", "if a { ".repeat(300), " }".repeat(300)), None),
        (format!("func f() {{ {}g(){} }}\n", "h { ".repeat(300), " }".repeat(300)), None),
        ("#if DEBUG\n#else\n".repeat(2_000), None),
        ("class A: A { func f() { f() } }\nextension A: A { var x: A { x } }\nclass B: C {}\nclass C: B { func g() { h() } }\n".to_owned(), None),
    ] {
        let start: String = text.chars().take(24).collect();
        let report = checked(&[("Bad.swift", &text), ("App.swift", &good)]);
        let gaps: Vec<GapKind> = report.gaps.iter().filter(|gap| gap.path == "Bad.swift").map(|gap| gap.why).collect();
        assert_eq!(gaps, why.into_iter().collect::<Vec<_>>(), "{start}");
        assert!(lines(&report).contains(&"personal-data-unmasked@App.swift:20".to_owned()), "{start}");
    }
}

#[test]
fn large_files_bytes_and_binary_lists_are_named() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::File::create(dir.path().join("long.swift")).unwrap().set_len(50 * 1024 * 1024).unwrap();
    std::fs::write(dir.path().join("bytes.swift"), [0xff, 0xfe, 0x00]).unwrap();
    std::fs::write(dir.path().join("Info.plist"), b"bplist00\xd1\x01\x02\xff").unwrap();
    let report = look(dir.path(), &Options::default());
    let gaps: Vec<(&str, GapKind)> = report.gaps.iter().map(|gap| (gap.path.as_str(), gap.why)).collect();
    assert_eq!(
        gaps,
        [
            ("Info.plist", GapKind::NotText),
            ("bytes.swift", GapKind::NotText),
            ("long.swift", GapKind::TooLarge)
        ]
    );
}

#[test]
fn names_are_followed_through_files_and_types() {
    let view = "import UIKit\nfinal class ChatController: UIViewController, UITextFieldDelegate {\n    private let field = UITextField()\n    private let agent: Agent = Agent.shared\n\
                \x20   @IBAction func tapped(_ sender: Any) { ask(text: field.text ?? \"\") }\n    func textFieldShouldReturn(_ f: UITextField) -> Bool { ask(f.text!, again: true); return true }\n\
                \x20   private func ask(text said: String) { agent.answer(to: said) { reply in print(reply) } }\n    private func ask(_ said: String, again: Bool) { print(said) }\n}\n";
    let agent = "final class Agent {\n    static let shared = Agent()\n    lazy var client: Client = { Client(host: Hosts.openAI.address) }()\n}\n\
                 enum Hosts: String {\n    case openAI = \"https://api.openai.com/v1\"\n    var address: String { \"\\(rawValue)/chat/completions\" }\n}\n";
    let more = "extension Agent {\n    func answer(to question: String, completion: @escaping (String) -> Void) {\n        guard !question.isEmpty else { return }\n\
                \x20       switch mode {\n        case .quiet: break\n        default: client.post(question, then: completion)\n        }\n    }\n}\n";
    let client = "import Foundation\nstruct Client {\n    let host: String\n    func post(_ body: String, then: @escaping (String) -> Void) {\n        var request = URLRequest(url: URL(string: \"https://api.openai.com/v1/chat/completions\")!)\n\
                  \x20       request.httpBody = body.data(using: .utf8)\n        URLSession.shared.dataTask(with: request) { data, _, _ in\n            then(String(data: data!, encoding: .utf8)!)\n        }.resume()\n    }\n}\n";
    let report = checked(&[
        ("App/View/Chat.swift", view),
        ("App/Agent.swift", agent),
        ("App/Agent+Answer.swift", more),
        ("App/Net/Client.swift", client),
    ]);
    let found = report.findings.iter().find(|one| one.rule.0 == "personal-data-unmasked").unwrap();
    assert_eq!((found.place.path.as_str(), found.place.line), ("App/Net/Client.swift", 7));
    let way: Vec<&str> = found.path.iter().map(|step| step.function.as_str()).collect();
    assert_eq!(way.first(), Some(&"ChatController.tapped"), "{way:?}");
    assert!(way.contains(&"Agent.answer") && way.contains(&"ChatController.ask"), "{way:?}");
}

#[test]
fn a_file_that_ends_anywhere_is_read_or_named() {
    let whole =
        app(POST) + "extension ChatView { var x: Int { switch said { case \"a\": 1; default: 2 } } }\n";
    for end in (0..whole.len()).step_by(61) {
        let text = whole.get(..end).unwrap().to_owned() + whole.get(end + 7..).unwrap_or_default();
        let report = checked(&[("App.swift", &text), ("Half.swift", &whole[..end])]);
        let told = report.gaps.iter().filter(|gap| gap.why != GapKind::NoEntry).count();
        assert!(report.understood + told >= 2, "{end}: {:?}", report.gaps);
    }
}

#[test]
fn intents_and_programs_are_told_things_too() {
    let rule = "personal-data-unmasked";
    let send = "        var request = URLRequest(url: URL(string: \"https://api.openai.com/v1/chat/completions\")!)\n        request.httpBody = Data(said.utf8)\n        _ = try await URLSession.shared.data(for: request)\n";
    let intent = format!(
        "import AppIntents\nstruct Ask: AppIntent {{\n    @Parameter(title: \"Question\") var said: String\n    func perform() async throws -> some IntentResult {{\n{send}        return .result()\n    }}\n}}\n"
    );
    assert_eq!(of_rule(rule, &intent).len(), 1, "{:?}", of(&intent));
    let command = intent
        .replace("AppIntent {", "AsyncParsableCommand {")
        .replace("@Parameter(title: \"Question\")", "@Argument")
        .replace("perform()", "run()");
    assert_eq!(of_rule(rule, &command).len(), 1, "{:?}", of(&command));
    let program = format!("let said = readLine() ?? \"\"\n{send}");
    assert_eq!(of_rule(rule, &program).len(), 1, "{:?}", of(&program));
    assert!(of_rule(rule, &program.replace("readLine() ?? \"\"", "\"hello\"")).is_empty());
}
