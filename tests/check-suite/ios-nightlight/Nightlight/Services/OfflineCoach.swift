import Foundation
import FoundationModels

/// Answers on the phone itself.
struct OfflineCoach {
    func answer(_ text: String) async -> String {
        #if DEBUG
        // While working on it, the model of the desk answers.
        var request = URLRequest(url: URL(string: "http://192.0.2.7:11434/api/chat")!)
        request.httpBody = Data(text.utf8)
        if let (data, _) = try? await URLSession.shared.data(for: request) {
            return String(decoding: data, as: UTF8.self)
        }
        #endif
        let session = LanguageModelSession(instructions: "You are a calm listener.")
        let answer = try? await session.respond(to: text)
        return answer?.content ?? ""
    }
}
