import SwiftUI

struct SettingsView: View {
    @AppStorage("theme") private var theme = "dark"
    @AppStorage("tokenCount") private var tokenCount = 0
    @State private var name = ""
    @State private var password = ""

    var body: some View {
        Form {
            TextField("Name", text: $name)
            SecureField("Password", text: $password)
            Button("Save") { save() }
            Button("Delete everything", role: .destructive) { Eraser().eraseEverything() }
        }
    }

    private func save() {
        Keychain.shared.keep(password, for: "password")
        Keychain.shared.keep(Hider().fingerprint(name), for: "person")
        theme = "light"
        tokenCount = 0
    }
}
