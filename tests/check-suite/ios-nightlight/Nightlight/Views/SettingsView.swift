import SwiftUI

struct SettingsView: View {
    @AppStorage("theme") private var theme = "dark"
    @AppStorage("openai_api_key") private var ownKey = ""
    @AppStorage("tokenCount") private var tokenCount = 0
    @State private var name = ""
    @State private var phone = ""
    @State private var password = ""

    var body: some View {
        Form {
            TextField("Name", text: $name)
            TextField("Phone", text: $phone)
            SecureField("Your own OpenAI key", text: $ownKey)
            SecureField("Password", text: $password)
            Button("Save") { save() }
        }
    }

    private func save() {
        let hider = Hider()
        UserDefaults.standard.set(hider.encrypt(name), forKey: "name")
        UserDefaults.standard.set(hider.fingerprint(phone), forKey: "person")
        UserDefaults.standard.set(hider.sealed(Data(phone.utf8)), forKey: "phone")
        UserDefaults.standard.set(password, forKey: "password")
        theme = "light"
        tokenCount = 0
    }
}
