import Foundation

/// Looks a hundred times a second at what the processes take that this one has started: processor time and memory.
final class ProcessWatch: @unchecked Sendable {
    /// Of one process so far.
    struct Sample {
        /// On the clock of the journals, in ns.
        let time: Int
        /// User and system, in ns.
        let processor: Int
        /// Resident memory now, and at most so far, in bytes; both of anonymous pages and of files.
        let (resident, peak): (Int, Int)
    }

    private let lock = NSLock()
    private var samples: [Int: [Sample]] = [:]
    private var isOver = false

    init() {
        Thread.detachNewThread { [self] in
            while !lock.withLock({ isOver }) {
                let found = Self.children().compactMap { process in Self.look(at: process).map { (process, $0) } }
                lock.withLock { for (process, sample) in found { samples[process, default: []].append(sample) } }
                usleep(10_000)
            }
        }
    }

    /// - Returns: by process what was seen, in its order.
    func stop() -> [Int: [Sample]] {
        lock.withLock {
            isOver = true
            return samples
        }
    }

    private static func children() -> [Int] {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")) ?? []
        return threads.flatMap { thread in
            text("/proc/self/task/\(thread)/children").split(separator: " ").compactMap { Int($0) }
        }
    }

    private static func look(at process: Int) -> Sample? {
        let status = text("/proc/\(process)/status")
        func bytes(_ key: String) -> Int? {
            guard let line = status.split(separator: "\n").first(where: { $0.hasPrefix(key) }) else { return nil }
            return line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
        }
        guard let resident = bytes("VmRSS:"), let peak = bytes("VmHWM:"), let processor = ProcessorTime.of(process)
        else {
            return nil
        }
        return Sample(
            time: ProcessorTime.read(CLOCK_MONOTONIC), processor: processor, resident: resident, peak: peak)
    }

    /// Files of the system have no size to be known before.
    private static func text(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 13)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

extension [ProcessWatch.Sample] {
    /// What the process took from the beginning until a time, in ns; between two samples as if evenly.
    private func processor(until time: Int) -> Double {
        guard let after = firstIndex(where: { $0.time >= time }) else { return Double(last?.processor ?? 0) }
        let next = self[after]
        // One that was not there yet has taken nothing.
        guard after > 0 else { return next.time == time ? Double(next.processor) : 0 }
        let before = self[after - 1]
        let part = Double(time - before.time) / Double(next.time - before.time)
        return Double(before.processor) + part * Double(next.processor - before.processor)
    }

    /// What the process took within a time, in ns.
    func processor(in range: Range<Int>) -> Double {
        processor(until: range.upperBound) - processor(until: range.lowerBound)
    }
}

/// Processor time, user and system together, in nanoseconds.
enum ProcessorTime {
    static var ofThisProcess: Int { read(CLOCK_PROCESS_CPUTIME_ID) }
    static var ofThisThread: Int { read(CLOCK_THREAD_CPUTIME_ID) }

    /// - Returns: nil if there is no such process.
    static func of(_ process: Int) -> Int? {
        var clock = clockid_t()
        return clock_getcpuclockid(pid_t(process), &clock) == 0 ? read(clock) : nil
    }

    static func read(_ clock: clockid_t) -> Int {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }
}

/// What it takes to move bytes and to verify them.
struct CopyCost {
    /// From the first to the last.
    var seconds: Double
    /// Of all processes together, in seconds.
    var processor: Double
}

extension [CopyCost] {
    /// Of each figure.
    var median: CopyCost {
        func middle(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
        return CopyCost(seconds: middle(map(\.seconds)), processor: middle(map(\.processor)))
    }
}
