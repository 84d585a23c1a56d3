import Foundation

struct Entry: Codable, Identifiable {
    enum Role: String, Codable {
        case system, user, assistant
    }

    var id = UUID()
    let role: Role
    let content: String
}
