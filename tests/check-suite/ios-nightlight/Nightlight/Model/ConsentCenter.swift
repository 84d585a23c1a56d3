import Foundation

final class ConsentCenter {
    static let shared = ConsentCenter()

    /// TODO: ask
    func hasConsented() -> Bool {
        return true
    }
}
