/// Names of files as texts. To the system a name is any bytes without a zero; those that are no UTF-8, which a text
/// cannot hold, stand in it as scalars of a private area, one for each byte, and become bytes again where a file is opened.
public enum FileName {
    /// U+10FF80 … U+10FFFF stand for the bytes 0x80 … 0xFF.
    private static let base: UInt32 = 0x10FF00

    /// The text of a name.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        let name = Array(bytes)
        // Scalars of the private area that a name really has are taken apart too, so that no two names are one text.
        if let text = String(validating: name, as: UTF8.self), !text.unicodeScalars.contains(where: isStandIn) {
            return text
        }
        var text = String.UnicodeScalarView()
        var rest = name[...]
        while let first = rest.first {
            let length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
            if let character = String(validating: rest.prefix(length), as: UTF8.self),
                character.unicodeScalars.count == 1, !character.unicodeScalars.contains(where: isStandIn)
            {
                text.append(contentsOf: character.unicodeScalars)
                rest = rest.dropFirst(length)
            } else {
                text.append(Unicode.Scalar(base + UInt32(first))!)
                rest = rest.dropFirst()
            }
        }
        return String(text)
    }

    /// The arguments of this process, without its name, as the system gave them: the name of a file need not be UTF-8.
    public static var commandLine: [String] {
        UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)).dropFirst().compactMap { $0 }
            .map { argument in
                text(sequence(first: argument) { $0 + 1 }.lazy.map { UInt8(bitPattern: $0.pointee) }.prefix { $0 != 0 })
            }
    }

    /// The bytes of a name, with a zero at their end, as the system takes them.
    public static func bytes(_ text: String) -> [CChar] {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            if let byte = byte(of: scalar) {
                bytes.append(byte)
            } else {
                bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
        return bytes.map { CChar(bitPattern: $0) } + [0]
    }

    /// The byte that a scalar stands for, if it does.
    package static func byte(of scalar: Unicode.Scalar) -> UInt8? {
        isStandIn(scalar) ? UInt8(truncatingIfNeeded: scalar.value) : nil
    }

    private static func isStandIn(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= base + 0x80 }
}
