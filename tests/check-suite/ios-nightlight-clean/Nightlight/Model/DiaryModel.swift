import Foundation

@MainActor
final class DiaryModel: ObservableObject {
    @Published var entries: [Entry] = []
    @Published var draft = ""

    private let history = History()

    func send() async {
        let said = draft.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !said.isEmpty, ConsentCenter.shared.hasConsented() else { return }
        entries.append(Entry(role: .user, content: said))
        draft = ""
        do {
            let answer = try await Backend.shared.ask(entries)
            entries.append(Entry(role: .assistant, content: answer))
            try history.keep(entries)
        } catch {
            print("failed: \(error)")
        }
    }
}
