import XCTest

final class BackendTests: XCTestCase {
    func testAsking() async throws {
        let url = URL(string: "http://api.openai.com/v1/chat/completions")!
        let (data, _) = try await URLSession.shared.data(from: url)
        XCTAssertFalse(data.isEmpty)
    }
}
