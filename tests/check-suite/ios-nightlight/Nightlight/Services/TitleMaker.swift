import Foundation
import OpenAI

struct TitleMaker {
    private let client = OpenAI(apiToken: Bundle.main.object(forInfoDictionaryKey: "OPENAI_KEY") as? String ?? "")

    func title(for text: String) async -> String {
        let query = ChatQuery(messages: [.init(role: .user, content: "A title for: \(text)")!], model: .gpt4_o_mini)
        let result = try? await client.chats(query: query)
        return result?.choices.first?.message.content ?? "Untitled"
    }
}
