import Dispatch
import Synchronization

/// Work that is done at the same time, on as many threads as the machine has processors.
enum Concurrently {
    /// - Returns: what `body` makes of each, in their order.
    /// - Throws: what it throws for the first of those for which it does.
    static func map<Input: Sendable, Output: Sendable>(
        _ inputs: [Input], _ body: @Sendable (Input) throws -> Output
    ) throws -> [Output] {
        let results = Mutex([Result<Output, any Error>?](repeating: nil, count: inputs.count))
        DispatchQueue.concurrentPerform(iterations: inputs.count) { k in
            let result = Result { try body(inputs[k]) }
            results.withLock { $0[k] = result }
        }
        return try results.withLock { $0 }.compactMap { try $0?.get() }
    }
}
