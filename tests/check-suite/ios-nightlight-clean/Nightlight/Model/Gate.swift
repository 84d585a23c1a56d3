import Foundation

/// Nothing behind it runs before somebody agreed.
enum Gate {
    static func withConsent(_ action: () async -> Void) async {
        guard ConsentCenter.shared.hasConsented() else { return }
        await action()
    }
}
