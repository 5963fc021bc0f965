import CLibcrypto

/// SHA-256 of bytes that come in pieces: the one hash by which contents are named and compared.
///
/// By libcrypto, which takes the processor's own instructions for it where there are any. A copy goes on by itself.
package struct ContentDigest {
    private var context = Context()

    /// The length of a digest in bytes.
    package static let length = 32

    package init() {}

    /// Of a text in UTF-8.
    package init(of text: String) {
        var text = text
        text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !isKnownUniquelyReferenced(&context) { context = Context(copying: context) }
        context.update(bytes)
    }

    /// The digest of what has come so far.
    package var bytes: [UInt8] { Context(copying: context).end() }

    /// The same as 64 hexadecimal digits.
    package var hexadecimal: String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// A computation under way. Libcrypto refuses only for want of memory or of the algorithm, where nobody could go on.
private final class Context {
    /// Looked up once: that takes longer than a short digest.
    nonisolated(unsafe) private static let algorithm = EVP_MD_fetch(nil, "SHA256", nil)

    private let state = EVP_MD_CTX_new()

    init() { demand(EVP_DigestInit_ex2(state, Self.algorithm, nil)) }

    init(copying other: Context) { demand(EVP_MD_CTX_copy_ex(state, other.state)) }

    deinit { EVP_MD_CTX_free(state) }

    func update(_ bytes: UnsafeRawBufferPointer) { demand(EVP_DigestUpdate(state, bytes.baseAddress, bytes.count)) }

    func end() -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: ContentDigest.length) { buffer, count in
            demand(EVP_DigestFinal_ex(state, buffer.baseAddress, nil))
            count = ContentDigest.length
        }
    }

    private func demand(_ status: Int32) { precondition(status == 1, "libcrypto does not compute SHA-256") }
}
