import ChaosProtocol

/// Monitors that are led through a scenario by commands, and say what each does, with the time in milliseconds.
/// Commands, one a line:
///
///     start 1, start 2 clock 5000 ms     a node, and what its clock shows now
///     way 1 -> 2 delay 10 ms rate 80     what a direction is like; the rate in Mbit/s
///     connect 1-2, close 1-2
///     cut 1-2, mend 1-2                  messages are lost without a word, or get through again
///     deliver 1 -> 2 100000 in 8 ms      traffic comes in
///     step 1 100 in 20 ms                a node has computed a gradient of 100 samples
///     wait 300 ms
///     quiet, loud                        hide or show heartbeats, and of an answer all parts but the first
struct MonitorTranscript {
    private var network = MonitorNetwork()
    private var isQuiet = false

    static func answered(_ text: String) throws -> String {
        var transcript = MonitorTranscript()
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            guard line.hasPrefix("> ") || line.hasPrefix("#") else { continue }
            if lines.last?.hasPrefix("  ") == true { lines.append("") }
            lines.append(String(line))
            guard line.hasPrefix("> ") else { continue }
            lines += try transcript.answer(line.dropFirst(2).split(separator: " ").map(String.init))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private mutating func answer(_ words: [String]) throws -> [String] {
        let before = network.deeds.count
        let misunderstood = Transcript.Misunderstood(words: words)
        func number(_ word: Int) throws -> Int {
            guard word < words.count, let number = Int(words[word]) else { throw misunderstood }
            return number
        }
        func node(_ word: Int) throws -> NodeID { NodeID(UInt64(try number(word))) }
        func link() throws -> Link {
            let ends = words.count > 1 ? words[1].split(separator: "-").compactMap { UInt64($0) } : []
            guard ends.count == 2, ends[0] != ends[1] else { throw misunderstood }
            return Link(NodeID(ends[0]), NodeID(ends[1]))
        }
        func ways() throws -> [MonitorNetwork.Way] {
            let link = try link()
            return [.init(from: link.a, to: link.b), .init(from: link.b, to: link.a)]
        }
        switch words[0] {
        case "start": network.start(Monitor(node: try node(1)), offset: words.count > 3 ? try number(3) * 1_000_000 : 0)
        case "way":
            network.conditions[.init(from: try node(1), to: try node(3))] = .init(
                delay: try number(5) * 1_000_000, bandwidth: try number(8) * 1_000_000)
        case "connect": network.connect(try link())
        case "close": network.close(try link())
        case "cut": for way in try ways() { network.conditions[way, default: .init()].isCut = true }
        case "mend": for way in try ways() { network.conditions[way, default: .init()].isCut = false }
        case "deliver":
            let (peer, bytes, time) = (try node(1), try number(4), try number(6) * 1_000_000)
            network.act(try node(3)) { $0.onDelivered(from: peer, bytes: bytes, over: time, at: $1) }
        case "step":
            let (samples, time) = (try number(2), try number(4) * 1_000_000)
            network.act(try node(1)) { $0.onStep(samples: samples, computeTime: time, at: $1) }
        case "wait": network.run(until: network.now + (try number(1)) * 1_000_000)
        case "quiet": isQuiet = true
        case "loud": isQuiet = false
        default: throw misunderstood
        }
        return network.deeds[before...].compactMap { deed in
            switch deed.action {
            case .send(.heartbeat, _) where isQuiet: return nil
            case .send(.probe(let part, _, _), _) where isQuiet && part > 0: return nil
            default: break
            }
            let digits = String(deed.time % 1_000_000 / 1000)
            let time = "\(deed.time / 1_000_000)." + String(repeating: "0", count: 3 - digits.count) + digits
            return "  \(time) ms  \(deed.node): \(deed.action)"
        }
    }
}
