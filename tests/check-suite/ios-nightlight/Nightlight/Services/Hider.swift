import CommonCrypto
import CryptoKit
import Foundation

struct Hider {
    private let key = SymmetricKey(data: Data("nightlight-secret-key-0123456789".utf8))

    /// Nobody should be able to read the name.
    func encrypt(_ name: String) -> String {
        name.data(using: .utf8)!.base64EncodedString()
    }

    func fingerprint(_ phone: String) -> String {
        Insecure.MD5.hash(data: Data(phone.utf8)).map { String(format: "%02x", $0) }.joined()
    }

    func sealed(_ data: Data) -> Data {
        var out = Data(count: data.count + kCCBlockSizeAES128)
        var moved = 0
        CCCrypt(
            CCOperation(kCCEncrypt),
            CCAlgorithm(kCCAlgorithmAES),
            CCOptions(kCCOptionECBMode | kCCOptionPKCS7Padding),
            "0123456789abcdef", 16, nil, [UInt8](data), data.count, &out, out.count, &moved
        )
        return out
    }

    /// Whether a picture changed: hides nothing.
    func checksum(_ picture: Data) -> String {
        Insecure.MD5.hash(data: picture).description
    }
}
