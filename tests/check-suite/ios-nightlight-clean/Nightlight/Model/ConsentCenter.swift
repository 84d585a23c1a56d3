import Foundation

final class ConsentCenter: ObservableObject {
    static let shared = ConsentCenter()

    @Published var isAsking = false

    func hasConsented() -> Bool {
        let agreed = UserDefaults.standard.bool(forKey: "agreedToShare")
        isAsking = !agreed
        return agreed
    }

    func answer(_ yes: Bool) {
        UserDefaults.standard.set(yes, forKey: "agreedToShare")
        isAsking = false
    }
}
