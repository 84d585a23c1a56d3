//! Swift: every rule that reads the graph, with what it must find and what it must not.

use crate::project::{checked, lines};

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
    assert_eq!(of(&app(POST)), ["hardcoded-provider@16", "personal-data-unmasked@20"]);
}
