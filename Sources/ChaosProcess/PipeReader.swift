import Glibc

/// Our end of a pipe that a child writes to: reads without waiting, keeps up to a bound, and drops the rest.
final class PipeReader {
    /// nil once the other end is closed.
    private(set) var descriptor: Int32?
    private let most: Int
    private let keepsEnd: Bool
    private var kept = Command.Output()
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// Takes over the descriptor.
    init(_ descriptor: Int32, most: Int, keepsEnd: Bool) {
        self.descriptor = descriptor
        self.most = max(0, most)
        self.keepsEnd = keepsEnd
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit {
        if let descriptor { close(descriptor) }
    }

    /// Reads until the pipe is empty or closed, but at most what a pipe can hold a few times over: somebody who never
    /// stops writing must not keep us from looking at the clock.
    func readWhatIsThere() {
        var rounds = 0
        while let open = descriptor, rounds < 64 {
            let count = read(open, &buffer, buffer.count)
            if count > 0 {
                keep(count)
                rounds += 1
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                close(open)
                descriptor = nil
            } else if errno == EAGAIN {
                return
            }
        }
    }

    func finish() -> Command.Output {
        var result = kept
        if keepsEnd, result.bytes.count > most { result.bytes.removeFirst(result.bytes.count - most) }
        return result
    }

    private func keep(_ count: Int) {
        if keepsEnd {
            kept.bytes.append(contentsOf: buffer[0..<count])
            if kept.bytes.count > most { kept.isCut = true }
            // Twice the bound before the beginning goes: so each byte moves once on average.
            if kept.bytes.count > 2 * most { kept.bytes.removeFirst(kept.bytes.count - most) }
        } else {
            let room = most - kept.bytes.count
            kept.bytes.append(contentsOf: buffer[0..<min(count, room)])
            if count > room { kept.isCut = true }
        }
    }
}
