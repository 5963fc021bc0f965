import Foundation
import Logging
import Synchronization
import Testing

@testable import ChaosNode

/// Logs keep nobody waiting.
@Suite(.timeLimit(.minutes(30))) struct LogOutputTests {
    private final class Pipe {
        let reader: Int32
        let writer: Int32

        init() {
            var ends: [Int32] = [0, 0]
            precondition(pipe(&ends) == 0)
            (reader, writer) = (ends[0], ends[1])
        }

        deinit {
            close(reader)
            close(writer)
        }

        /// Reads until a line has the text.
        func lines(until text: String) -> [Substring] {
            var bytes: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while !String(decoding: bytes, as: UTF8.self).contains(text) {
                let count = read(reader, &buffer, buffer.count)
                if count <= 0 { break }
                bytes += buffer[..<count]
            }
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        }
    }

    @Test func whatNobodyReadsIsBoundedAndCounted() {
        let pipe = Pipe()
        let output = LogOutput(descriptor: pipe.writer)
        // Far more than the pipe and what may wait hold; each of a kind of its own.
        let line = String(repeating: "x", count: 1000)
        for k in 0..<5000 { output.write("\(k) \(line)", kind: "\(k)") }
        let lines = pipe.lines(until: "lines were dropped")
        #expect(lines.first?.hasPrefix("0 x") == true)
        #expect(lines.count < 2000)
        #expect(lines.contains { $0.hasSuffix(" lines were dropped, because nobody read them") }, "\(lines.last ?? "")")
    }

    @Test func aKindIsLimitedInATimeAndWhatIsLeftOutIsCounted() {
        let pipe = Pipe()
        let time = Mutex(0)
        let output = LogOutput(descriptor: pipe.writer) { time.withLock { $0 } }
        for k in 0..<LogOutput.mostOfAKind + 7 { output.write("closed \(k)", kind: "closed") }
        output.write("other", kind: "other")
        time.withLock { $0 += LogOutput.period }
        output.write("closed again", kind: "closed")
        let lines = pipe.lines(until: "closed again")
        #expect(lines.count == LogOutput.mostOfAKind + 3)
        #expect(lines[LogOutput.mostOfAKind] == "other")
        #expect(lines[LogOutput.mostOfAKind + 1] == "7 more lines like the next one were left out")
    }

    @Test func linesHaveTimeLevelLabelAndMetadata() {
        let pipe = Pipe()
        let output = LogOutput(descriptor: pipe.writer)
        output.level = .notice
        var logger = Logger(label: "chaosd") { LineLogHandler(label: $0, output: output) }
        logger[metadataKey: "node"] = "7"
        logger.info("not this")
        logger.warning("closed", metadata: ["why": "a\u{1B}[31m\nb"])
        output.level = .debug
        logger.debug("and this")
        let lines = pipe.lines(until: "and this")
        #expect(lines.count == 2)
        #expect(lines[0].hasSuffix(" warning chaosd: node=7 why=a\\u{1b}[31m\\u{a}b closed"), "\(lines[0])")
    }
}
