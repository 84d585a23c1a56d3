import Foundation

struct History {
    private let file = FileManager.default.urls(for: .documentDirectory, in: .userDomainMask)[0]
        .appendingPathComponent("diary.json")

    func keep(_ entries: [Entry]) {
        guard let data = try? JSONEncoder().encode(entries) else { return }
        UserDefaults.standard.set(data, forKey: "chat_history")
        try? data.write(to: file)
        print("kept \(entries.count) entries, \(data.count) bytes, tokens used: \(entries.count * 40)")
    }
}
