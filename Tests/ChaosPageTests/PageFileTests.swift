import ChaosDocuments
import ChaosProtocol
import Foundation
import Testing

@testable import ChaosPage

/// The file with a recorded story.
struct PageFileTests {
    static let view = View(
        number: 2, members: [1, 2, 3], learners: [.init(4, admitted: 2)],
        links: [Link(1, 2), Link(2, 3), Link(3, 4)], qualities: [Link(1, 2): LinkQuality(bandwidth: 5, roundTrip: 6)])

    /// One of each case.
    static let events: [PageEvent] = [
        .phase(4, .learning), .institution(4, "<b>"), .link(Link(1, 2), isUp: true), .link(Link(1, 2), isUp: false),
        .capacity(Link(1, 2), LinkQuality(bandwidth: 7)), .view(view, why: ["admission"]), .begun(view: 2), .asked(4),
        .planned(4, state: 10, shardSize: 4, makespan: 9, [.init(node: 1, bytes: 8, finish: 9)]), .pulling(4, step: 3),
        .came(4, from: 1, bytes: 8), .whole(4, step: 3), .failed(4), .contributed(4), .step(5), .loss(step: 5, 0.25),
        .loss(step: 6, .nan), .evaluated(step: 5, loss: 0.5, accuracy: 0.75), .idle(1, 11),
        .log(nil, .event, "</script>"), .log(NodeID(.max), .trouble, "a\u{202E}b\u{7}"),
    ].enumerated().map { PageEvent($1, at: $0) }

    static func recording(in page: String) throws -> [String: Any] {
        let start = try #require(page.range(of: "id=\"recording\">")).upperBound
        let end = try #require(page.range(of: "</script>", range: start..<page.endIndex)).lowerBound
        let data = Data(page[start..<end].utf8)
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test func everyEventIsThere() throws {
        let page = try PageFile(title: "a", events: Self.events, end: 30).text()
        let events = try #require(try Self.recording(in: page)["events"] as? [[String: Any]])
        #expect(events.map { $0["time"] as? Int } == Array(0..<events.count))
        let names = events.compactMap { $0["event"] as? String }
        #expect(Set(names).count == Self.events.count - 2)
        // The page knows what to do with each of them.
        for name in names {
            let script = PageAssets.script
            #expect(script.contains("    \(name)(c, e)") || script.contains("    '\(name)'(c, e)"), "\(name)")
        }
        let view = try #require(events.first { $0["event"] as? String == "view" })
        #expect(view["members"] as? [String] == ["1", "2", "3"])
        #expect(view["root"] as? String == "2")
        #expect(view["parents"] as? [String: String] == ["1": "2", "3": "2", "4": "3"])
        #expect(events.first { $0["event"] as? String == "loss" && $0["step"] as? Int == 6 }?["loss"] == nil)
    }

    /// Neither the title nor a text of an event is markup, or does something to whoever reads it.
    @Test func nothingIsMarkup() throws {
        let title = "</script><script>alert(1)</script><!--"
        let page = try PageFile(title: title, events: Self.events, end: 30).text()
        #expect(page.components(separatedBy: "<script").count == 3)
        #expect(page.components(separatedBy: "</script>").count == 3)
        #expect(!page.contains("<!--") && !page.contains("<b>") && !page.contains("\u{202E}"))
        let recording = try Self.recording(in: page)
        #expect(recording["title"] as? String == title)
        let last = try #require((recording["events"] as? [[String: Any]])?.last)
        #expect(last["node"] as? String == "18446744073709551615")
    }

    /// What the policy allows are the script and the style of the page, and nothing is asked for.
    @Test func thePolicyIsOfThePage() throws {
        let page = try PageFile(title: "a", events: [], end: 0).text()
        for part in [PageAssets.script, PageAssets.style] {
            let hash = Data(ContentDigest(of: part).bytes).base64EncodedString()
            #expect(page.contains("'sha256-\(hash)'"))
            #expect(page.contains(">\(part)</"))
        }
        #expect(page.contains("default-src 'none'"))
        #expect(!page.contains("src=\"page") && !page.contains("href=\"page"))
        #expect(!page.contains("http://") || page.components(separatedBy: "http://").count == 2)
    }
}

/// What is kept for a file.
struct PageRecorderTests {
    /// All that has come is told, in the order of time, and before what ends the transfer.
    @Test func shardsAreAddedUp() {
        let recorder = PageRecorder()
        let source = PageEvent.Source(node: 1, bytes: 100, finish: 6000)
        recorder.note(PageEvent(.planned(9, state: 100, shardSize: 1, makespan: 6000, [source]), at: 0))
        recorder.note(PageEvent(.pulling(9, step: 0), at: 1))
        for time in 2..<102 {
            recorder.note(PageEvent(.came(9, from: time % 2 == 0 ? 1 : 2, bytes: 1), at: time * 10))
        }
        recorder.note(PageEvent(.whole(9, step: 0), at: 1020))
        let events = recorder.events
        #expect(events.map(\.time) == events.map(\.time).sorted())
        var sums: [NodeID: Int] = [:]
        var count = 0
        for case .came(9, let source, let bytes) in events.map(\.event) {
            sums[source, default: 0] += bytes
            count += 1
        }
        #expect(sums == [1: 50, 2: 50])
        // Every 100 ns and at the end, for each.
        #expect((18...24).contains(count))
        #expect(events.last?.event == .whole(9, step: 0))
    }

    /// Of many idle times, two a second and the last.
    @Test func idleTimesAreThinned() {
        let recorder = PageRecorder()
        for step in 0...100 { recorder.note(PageEvent(.idle(1, step), at: step * 20_000_000)) }
        recorder.note(PageEvent(.step(7), at: 3_000_000_000))
        let events = recorder.events
        #expect(events.map(\.time) == events.map(\.time).sorted())
        let idle: [Int] = events.compactMap { if case .idle(_, let time) = $0.event { time } else { nil } }
        #expect(idle == [0, 25, 50, 75, 100])
        recorder.note(PageEvent(.idle(1, 101), at: 3_000_000_001))
        #expect(recorder.events.last?.event == .idle(1, 101))
    }

    @Test func whatIsPendingIsTold() {
        let recorder = PageRecorder()
        recorder.note(PageEvent(.planned(9, state: 2, shardSize: 1, makespan: 6000, []), at: 0))
        recorder.note(PageEvent(.came(9, from: 1, bytes: 2), at: 5))
        #expect(recorder.events.last?.event == .came(9, from: 1, bytes: 2))
    }
}
