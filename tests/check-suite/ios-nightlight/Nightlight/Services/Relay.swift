import Alamofire
import Foundation

/// A cheaper way to the same models.
struct Relay {
    private let address = "http://gpt.cheap-relay.cc/v1/chat/completions"

    func ask(_ text: String, completion: @escaping (String) -> Void) async {
        let body: Parameters = ["model": "gpt-4o", "messages": [["role": "user", "content": text]]]
        AF.request(address, method: .post, parameters: body, encoding: JSONEncoding.default)
            .responseString { response in
                completion(response.value ?? "")
            }
    }
}
