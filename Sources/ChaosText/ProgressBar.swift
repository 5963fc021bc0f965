import ChaosDocuments
import Synchronization

/// A bar on standard error for a batch that lasts more than a second; nothing where standard error is no terminal.
public final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var isShown = false
    }

    private let total: Int
    private let start = ContinuousClock.now
    private let isEnabled: Bool
    private let style: TextStyle
    private let state = Mutex(State())

    public init(total: Int) {
        self.total = total
        isEnabled = total > 1 && Terminal.isTerminal(.error)
        style = Terminal.style(of: .error)
    }

    /// One more is done.
    public func advance() { advance { $0 + 1 } }

    /// So many are done, or more.
    public func advance(to done: Int) { advance { max($0, done) } }

    private func advance(_ change: (Int) -> Int) {
        guard isEnabled else { return }
        state.withLock { state in
            let before = state.done
            state.done = change(before)
            guard state.done > before, start.duration(to: .now) > .seconds(1), state.done < total else { return }
            let bar = TextBar.bar(Int128(state.done), of: Int128(total), width: 30)
            let padding = String(repeating: " ", count: 30 - bar.count)
            try? DocumentIO.writeToStandardError("\r\(style.bar(bar))\(padding) \(state.done)/\(total)")
            state.isShown = true
        }
    }

    /// Takes the bar away, so that a line can be printed in its place.
    public func clear() {
        guard isEnabled else { return }
        state.withLock { state in
            if state.isShown { try? DocumentIO.writeToStandardError("\r\u{1B}[K") }
            state.isShown = false
        }
    }
}
