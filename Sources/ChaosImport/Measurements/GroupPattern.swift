/// A shared capacity of the neighbours whose names match a pattern.
///
/// One pattern is inside another if every name that it matches, chosen or not, is matched by the other. The group of a
/// pattern is nested in those of the patterns that it is inside of, and a neighbour is in the innermost of those that
/// match it. Where that does not decide, because two patterns match a neighbour and neither is inside the other, or
/// because two match the very same names, they are refused. So neither the order of patterns nor their length matters.
public struct GroupPattern: Sendable, Equatable {
    /// A name in which each * stands for any text.
    public let pattern: String
    public let capacity: CapacitySetting
    /// As it was given, for messages.
    let text: String

    /// Reads "aws:*=10Gbit/s".
    public init(_ text: String) throws(SettingRefusal) {
        guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
            throw SettingRefusal(
                "\"\(text)\" is no group; allowed: PATTERN=BANDWIDTH, as in aws:*=10Gbit/s or *_gcp=50%")
        }
        pattern = String(text[..<sign])
        capacity = try CapacitySetting(String(text[text.index(after: sign)...]))
        self.text = text
    }

    /// Whether a name matches, byte by byte. Takes no more than O(name · pattern): a * that turns out too short is made
    /// longer, and none before it.
    func matches(_ name: String) -> Bool {
        let (pattern, name) = (Array(pattern.utf8), Array(name.utf8))
        let star = UInt8(ascii: "*")
        var (p, n) = (0, 0)
        var retry: (p: Int, n: Int)?
        while n < name.count {
            if p < pattern.count, pattern[p] == star {
                p += 1
                retry = (p, n)
            } else if p < pattern.count, pattern[p] == name[n] {
                (p, n) = (p + 1, n + 1)
            } else if let last = retry {
                retry = (last.p, last.n + 1)
                (p, n) = (last.p, last.n + 1)
            } else {
                return false
            }
        }
        return pattern[p...].allSatisfy { $0 == star }
    }

    /// Whether every name that `other` matches is matched. A * of the other is like a letter that no name has: only a *
    /// here takes it in.
    func covers(_ other: GroupPattern) -> Bool { matches(other.pattern) }

    /// For messages.
    var option: String { "--group '\(text)'" }

    /// An order that does not depend on the one in which patterns were given.
    static func precedes(_ a: GroupPattern, _ b: GroupPattern) -> Bool {
        let (one, other) = (a.pattern == b.pattern ? (a.text, b.text) : (a.pattern, b.pattern))
        return one.utf8.lexicographicallyPrecedes(other.utf8)
    }
}
