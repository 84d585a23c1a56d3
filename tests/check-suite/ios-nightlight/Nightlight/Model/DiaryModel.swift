import Foundation

@MainActor
final class DiaryModel: ObservableObject {
    @Published var entries: [Entry] = []
    @Published var draft = ""

    private let history = History()

    func send() async {
        let said = draft.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !said.isEmpty else { return }
        entries.append(Entry(role: .user, content: said))
        draft = ""
        do {
            let answer = try await OpenAIClient.shared.ask(entries)
            entries.append(Entry(role: .assistant, content: answer))
            history.keep(entries)
        } catch {
            print("failed: \(error)")
        }
    }

    func secondOpinion() async {
        await Relay().ask(draft) { [weak self] answer in
            self?.entries.append(Entry(role: .assistant, content: answer))
        }
    }
}
