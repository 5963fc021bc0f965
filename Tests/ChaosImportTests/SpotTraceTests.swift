import ChaosDocuments
import ChaosImport
import ChaosModel
import ChaosTesting
import Testing

@Suite struct SpotTraceTests {
    private func trace(_ text: String) throws -> SpotTrace { try SpotTrace(csv: Array(text.utf8), file: "t.csv") }

    @Test func rowsAreEvents() throws {
        let trace = try trace("480000,add,a\n480000,add,b\r\n540000,remove,a\n600000,add,a\n")
        #expect(trace.events.map(\.time) == [480, 480, 540, 600].map { $0 * 1_000_000_000 })
        #expect(trace.events.map(\.isAddition) == [true, true, false, true])
        #expect(trace.events.map(\.machine) == ["a", "b", "a", "a"] && trace.events.map(\.line) == [1, 2, 3, 4])
    }

    @Test(arguments: [
        ("", "no row"), ("1,add\n", "line 1, column 3: 2 fields"), ("x,add,a\n", "line 1: the time \"x\""),
        ("-1,add,a\n", "line 1: the time \"-1\""), ("99999999999999999,add,a\n", "line 1: the time"),
        ("2,add,a\n1,add,b\n", "line 2: 1 ms"), ("1,gone,a\n", "line 1: \"gone\""), ("1,add,\n", "line 1: no name"),
        ("1,add,a\n2,add,a\n", "line 2: \"a\" is added a second time"), ("1,remove,a\n", "line 1: \"a\" is removed"),
        ("2021-12-10, 13:07:45, 80\n", "line 1: the time \"2021-12-10\""),
    ]) func faultsAreNamed(_ text: String, fault: String) {
        let error = #expect(throws: InvalidInput.self) { try trace(text) }
        #expect(error.map { "\($0)".contains(fault) } == true, "\(error.map { "\($0)" } ?? "none")")
    }

    @Test func allFaultsAtOnce() {
        let error = #expect(throws: InvalidInput.self) { try trace("x,add,a\n1,gone,b\n2,remove,c\n") }
        #expect(error?.count == 3)
    }

    @Test func noBytesCrash() {
        var random = SeededRandom(seed: 4)
        let letters = Array("0123456789,addremove\n\"\r".utf8)
        for _ in 0..<2000 {
            let bytes = (0..<random.int(0...40)).map { _ in random.element(of: letters) }
            do { _ = try SpotTrace(csv: bytes, file: "t") } catch { #expect(error.count > 0) }
        }
    }
}
