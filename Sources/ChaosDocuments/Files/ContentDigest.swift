import Crypto

/// SHA-256 of bytes that come in pieces: the one hash by which contents are named and compared.
package struct ContentDigest {
    private var sha = SHA256()

    /// The length of a digest in bytes.
    package static let length = SHA256.byteCount

    package init() {}

    /// Of a text in UTF-8.
    package init(of text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) { sha.update(bufferPointer: bytes) }

    /// The digest of what has come so far.
    package var bytes: [UInt8] { Array(sha.finalize()) }

    /// The same as 64 hexadecimal digits.
    package var hexadecimal: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
