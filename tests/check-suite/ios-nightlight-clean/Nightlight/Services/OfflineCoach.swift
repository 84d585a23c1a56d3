import Foundation
import FoundationModels

/// Answers on the phone itself.
struct OfflineCoach {
    func title(for text: String) async -> String {
        await answer("A title for: \(text)")
    }

    func answer(_ text: String) async -> String {
        #if DEBUG
        if let said = try? await desk(text) { return said }
        #endif
        let session = LanguageModelSession(instructions: "You are a calm listener.")
        let answer = try? await session.respond(to: text)
        return answer?.content ?? ""
    }

    #if DEBUG
    /// The model of the desk at which the app is made.
    private func desk(_ text: String) async throws -> String {
        var request = URLRequest(url: URL(string: "http://localhost:11434/api/chat")!)
        request.httpMethod = "POST"
        request.httpBody = Data(text.utf8)
        let (data, _) = try await URLSession.shared.data(for: request)
        return String(decoding: data, as: UTF8.self)
    }
    #endif
}
