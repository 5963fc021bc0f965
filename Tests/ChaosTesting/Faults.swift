import ChaosDocuments

/// The faults with which `body` refuses its input; nil if it does not, or not by faults.
public func faults(_ body: () throws -> Void) -> InvalidInput? {
    do {
        try body()
        return nil
    } catch {
        return error as? InvalidInput
    }
}
