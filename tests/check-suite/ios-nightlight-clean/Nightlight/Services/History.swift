import CryptoKit
import Foundation

struct History {
    static let file = FileManager.default.urls(for: .documentDirectory, in: .userDomainMask)[0]
        .appendingPathComponent("diary.sealed")

    func keep(_ entries: [Entry]) throws {
        let recent = entries.filter { $0.written > Date.now.addingTimeInterval(-90 * 24 * 3600) }
        let data = try JSONEncoder().encode(recent)
        let key = SymmetricKey(data: Data(try Keychain.shared.read("diary").utf8))
        let sealed = try AES.GCM.seal(data, using: key)
        try sealed.combined?.write(to: Self.file, options: .completeFileProtection)
        UserDefaults.standard.set(recent.count, forKey: "chat_history_count")
    }
}
