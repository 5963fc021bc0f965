import ChaosControl
import ChaosDocuments
import ChaosTesting
import ChaosTraining
import Foundation
import Logging
import Testing

@testable import ChaosNode

/// When an engine is let in, and how long it may take: `AttachedEngine` and a socket that speaks to it.
@Suite struct EngineDoorTests {
    /// A node's side, and an engine that says what the test wants.
    private final class Door {
        let attached: AttachedEngine
        private let descriptor: Int32
        private let folder: String

        init(timeout: Int = 1 << 60) throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "door-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            attached = try AttachedEngine(
                AttachedEngine.Setting(
                    socket: folder + "/e", node: 1, cluster: "c", samples: 100, batch: 10, timeout: timeout),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            descriptor = try ControlSocket.connected(to: folder + "/e", timeout: 60)
        }

        deinit {
            attached.end()
            close(descriptor)
            try? FileManager.default.removeItem(atPath: folder)
        }

        func say(_ line: String) {
            let bytes = Array((line + "\n").utf8)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
        }

        /// Whether anything comes within this time.
        func hears(within milliseconds: Int32) -> Bool {
            var polls = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
            return poll(&polls, 1, milliseconds) == 1
        }

        /// The next line; it comes, or the test is ended for hanging.
        func line() -> String {
            var (line, byte) = ([UInt8](), UInt8(0))
            while read(descriptor, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
            return String(decoding: line, as: UTF8.self)
        }
    }

    private static func model(_ rate: String = "1") throws -> (text: String, model: ModelDescription) {
        let text =
            #"{"parameters": [{"name": "w", "shape": [2]}], "buffers": [], "constants": [], "computes": "#
            + #""gradient", "groups": [{"parameters": ["w"], "optimizer": "sgd", "rate": \#(rate), "momentum": 0, "nesterov": false, "decay": 0}], "schedule": "#
            + #"{"type": "constant", "warmup": 0}, "max_norm": null, "skips": 0}"#
        return (text, try ModelDescription(json: text.utf8))
    }

    private static func attach(_ model: String) -> String {
        #"{"type": "attach", "version": 1, "engine": "e", "process": 7, "model": \#(model)}"#
    }

    /// An engine that is there before the node knows what is trained, waits, and is judged by that.
    @Test func nobodyIsLetInTooEarly() throws {
        let door = try Door()
        door.say(Self.attach(try Self.model("0.5").text))
        #expect(!door.hears(within: 300))
        let known = try Self.model()
        #expect(door.attached.obtain(known: known.model, begins: false).model == known.model)
        let refusal = door.line()
        #expect(refusal.contains(#""type":"refused""#) && refusal.contains("model.groups[0]"), "\(refusal)")
        #expect(!door.attached.observe { _ in })
    }

    /// An engine that never gives the first state is not waited for without end.
    @Test func theFirstStateIsAwaitedForSomeTime() throws {
        let door = try Door(timeout: 50_000_000)
        let attached = door.attached
        Thread.detachNewThread { _ = attached.obtain(known: nil, begins: true) }
        door.say(Self.attach(try Self.model().text))
        #expect(door.line().contains(#""begins":true"#))
        let refusal = door.line()
        #expect(refusal.contains(#""path":"initial""#), "\(refusal)")
        // The next one is let in.
        let next = try ControlSocket.connected(to: attached.setting.socket, timeout: 60)
        defer { close(next) }
        let bytes = Array((Self.attach(try Self.model().text) + "\n").utf8)
        #expect(write(next, bytes, bytes.count) == bytes.count)
        var byte: UInt8 = 0
        var said: [UInt8] = []
        while read(next, &byte, 1) == 1, byte != 0x0A { said.append(byte) }
        #expect(String(decoding: said, as: UTF8.self).contains(#""type":"welcome""#))
    }

    /// What is beyond the machine's memory is refused before any of it is taken.
    @Test func aModelThatCannotBeThereIsRefused() throws {
        let door = try Door()
        let attached = door.attached
        Thread.detachNewThread { _ = attached.obtain(known: nil, begins: true) }
        door.say(Self.attach(try Self.model().text.replacing("[2]", with: "[1099511627776]")))
        let refusal = door.line()
        #expect(refusal.contains("model.parameters") && refusal.contains("which are free"), "\(refusal)")
    }

    /// How many samples a gradient is of does not depend on what is said of their loss.
    @Test func samplesCountWithoutALoss() {
        var share = ShareComputation(step: 0)
        share.add(GradientTask(view: 1, members: 1, step: 0, samples: [4, 2, 9]), of: RangeSet(0..<3))
        #expect(share.next() != nil)
        let computed = ComputedGradient(gradient: Gradient(count: 1), samples: 3, report: TrainingReport(), elapsed: 5)
        share.take(computed, wait: 0, at: 10)
        let told = share.tell()
        #expect(told?.samples == 3 && told?.computeTime == 5 && share.loss == nil)
    }
}
