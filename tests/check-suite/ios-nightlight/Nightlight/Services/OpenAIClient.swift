import Foundation

struct ChatRequest: Encodable {
    let model: String
    let messages: [Message]

    struct Message: Encodable {
        let role: String
        let content: String
    }
}

struct ChatResponse: Decodable {
    struct Choice: Decodable { let message: Answer }
    struct Answer: Decodable { let content: String }
    let choices: [Choice]
}

final class OpenAIClient {
    static let shared = OpenAIClient()

    private static let base = "https://api.openai.com/v1"
    private let apiKey = "sk-proj-Vb7QmX2kT9wLr4Zc8HnYp3Ds6Fj1Ag5EuT3BlbkFJq0W8xNz7Kt2Mv5Rb9Yc4Lh1Pd"
    private lazy var session = URLSession(configuration: .default, delegate: OpenSession(), delegateQueue: nil)

    func ask(_ entries: [Entry]) async throws -> String {
        guard let url = URL(string: "\(Self.base)/chat/completions") else { return "" }
        var request = URLRequest(url: url)
        request.httpMethod = "POST"
        request.setValue("Bearer \(apiKey)", forHTTPHeaderField: "Authorization")
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        let messages = entries.map { ChatRequest.Message(role: $0.role.rawValue, content: $0.content) }
        request.httpBody = try JSONEncoder().encode(ChatRequest(model: "gpt-4o-mini", messages: messages))
        let (data, _) = try await session.data(for: request)
        let answer = try JSONDecoder().decode(ChatResponse.self, from: data)
        return answer.choices.first?.message.content ?? ""
    }

    // An older way, which nothing uses:
    // let request = URLRequest(url: URL(string: "https://api.deepseek.com/chat/completions")!)
}
