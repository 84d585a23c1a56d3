import CryptoKit
import Foundation

struct Hider {
    /// A keyed hash; the key never leaves the Keychain.
    func fingerprint(_ name: String) -> String {
        let key = SymmetricKey(data: Data(((try? Keychain.shared.read("pepper")) ?? "").utf8))
        return HMAC<SHA256>.authenticationCode(for: Data(name.utf8), using: key).description
    }

    /// Base64 only writes down what was encrypted.
    func encrypted(_ text: String, key: SymmetricKey) throws -> String {
        let box = try ChaChaPoly.seal(Data(text.utf8), using: key)
        return box.combined.base64EncodedString()
    }

    func checksum(_ picture: Data) -> String {
        Insecure.MD5.hash(data: picture).description
    }
}
