/// Counts the messages of a list in the bytes of a header, before anything is made of them.
///
/// An empty report takes two bytes on the wire and hundreds in memory, and so does a claim or a message of a bundle. They are
/// the messages of which lists are sent, so the places where a small frame could make much of little. All other lists are of numbers.
struct ListCount {
    private(set) var count = 0

    /// A list of messages.
    struct List {
        let name: String
        /// The numbers of the fields that lead to one of them.
        fileprivate let path: [UInt64]
    }

    static let lists = [
        List(name: "negotiation.reports.reports", path: [2, 2, 1]),
        List(name: "negotiation.claims.claims", path: [2, 5, 1]),
        List(name: "negotiation.news.reports", path: [2, 7, 1]),
        List(name: "bundle.messages.negotiation.reports.reports", path: [6, 1, 2, 2, 1]),
        List(name: "bundle.messages.negotiation.claims.claims", path: [6, 1, 2, 5, 1]),
        List(name: "bundle.messages.negotiation.news.reports", path: [6, 1, 2, 7, 1]),
        List(name: "bundle.messages", path: [6, 1]),
    ]

    /// - Returns: nil if the bytes are not of Protocol Buffers. Cost: O(bytes).
    init?(_ list: List, header: [UInt8]) {
        guard scan(header[...], list.path[...]) else { return nil }
    }

    private mutating func scan(_ bytes: ArraySlice<UInt8>, _ path: ArraySlice<UInt64>) -> Bool {
        guard let wanted = path.first else {
            count += 1
            return true
        }
        var rest = bytes
        while !rest.isEmpty {
            guard let tag = rest.removeVarint() else { return false }
            // The wire type; the two that begin and end a group are followed by nothing of their own.
            switch tag & 7 {
            case 0: guard rest.removeVarint() != nil else { return false }
            case 1: guard rest.removePrefix(8) != nil else { return false }
            case 2:
                guard let length = rest.removeVarint(), let size = Int(exactly: length),
                    let field = rest.removePrefix(size)
                else { return false }
                if tag >> 3 == wanted, !scan(field, path.dropFirst()) { return false }
            case 3, 4: break
            case 5: guard rest.removePrefix(4) != nil else { return false }
            default: return false
            }
        }
        return true
    }
}

extension ArraySlice<UInt8> {
    fileprivate mutating func removePrefix(_ length: Int) -> ArraySlice<UInt8>? {
        guard length <= count else { return nil }
        defer { self = dropFirst(length) }
        return prefix(length)
    }

    fileprivate mutating func removeVarint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = popFirst() else { return nil }
            value |= UInt64(byte & 127) << shift
            if byte < 128 { return value }
        }
        return nil
    }
}
