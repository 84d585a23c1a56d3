import Foundation

struct Question: Encodable {
    let messages: [Entry]
}

struct Answer: Decodable {
    let text: String
    let tokensUsed: Int
}

/// Nightlight's own server, which holds the keys.
final class Backend {
    static let shared = Backend()

    private let base = URL(string: "https://api.nightlight-diary.de")!

    func ask(_ entries: [Entry]) async throws -> String {
        var request = URLRequest(url: base.appending(path: "v1/reflect"))
        request.httpMethod = "POST"
        let session = try Keychain.shared.read("session")
        request.setValue("Bearer \(session)", forHTTPHeaderField: "Authorization")
        request.httpBody = try JSONEncoder().encode(Question(messages: entries))
        let (data, _) = try await URLSession.shared.data(for: request)
        let answer = try JSONDecoder().decode(Answer.self, from: data)
        print("tokens used: \(answer.tokensUsed)")
        return answer.text
    }

    // Before there was a server:
    // let url = URL(string: "https://api.openai.com/v1/chat/completions")!
    // request.setValue("Bearer \(apiKey)", forHTTPHeaderField: "Authorization")
}
