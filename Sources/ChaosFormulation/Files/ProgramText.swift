import ChaosDocuments
import ChaosModel

/// The text of a file in the making: bytes, and how many numbers in it are rounded.
struct ProgramText {
    private(set) var bytes: [UInt8] = []
    private(set) var numbers = 0
    private(set) var rounded = 0
    /// Where the last line begins.
    private var lineStart = 0

    /// The length of the last line so far.
    var lineLength: Int { bytes.count - lineStart }

    mutating func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    mutating func endLine(_ text: String = "") {
        write(text)
        bytes.append(UInt8(ascii: "\n"))
        lineStart = bytes.count
    }

    mutating func write(_ number: Rational) {
        let decimal = DecimalText(number)
        numbers += 1
        if !decimal.isExact { rounded += 1 }
        write(decimal.text)
    }

    /// The sentence that every file carries: no number is rounded silently.
    var precision: String {
        rounded == 0
            ? "all \(numbers) numbers are exact"
            : "\(rounded) of \(numbers) numbers are rounded to \(DecimalText.mostDigits) significant digits"
    }

    /// The whole file, the head written once the body is known.
    func file(head: [String]) -> String {
        var whole: [UInt8] = []
        whole.reserveCapacity(bytes.count + 512)
        for line in head {
            whole.append(contentsOf: line.utf8)
            whole.append(UInt8(ascii: "\n"))
        }
        whole.append(contentsOf: bytes)
        return String(decoding: whole, as: UTF8.self)
    }
}

/// A program that a file format cannot hold.
public struct UnwritableProgram: Error, Sendable, Equatable, CustomStringConvertible {
    public let format: String
    public let reason: String
    public var description: String { "\(format) cannot hold this program: \(reason)" }
}

extension Program {
    /// The program's name on one line of a comment, no longer than readers take: SCIP stops at a line of a thousand bytes,
    /// and CBC aborts at one of twenty thousand.
    var nameInComment: String { SingleLine.of(name, most: 100) }
}
