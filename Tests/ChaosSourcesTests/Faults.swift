import ChaosModel
import Testing

/// The faults with which `body` refuses its input; a failure if it does not.
func faults(_ body: () throws -> Void, _ place: SourceLocation = #_sourceLocation) -> InvalidInput? {
    do {
        try body()
        Issue.record("the input was not refused", sourceLocation: place)
    } catch let invalid as InvalidInput {
        return invalid
    } catch {
        Issue.record("refused by \(error)", sourceLocation: place)
    }
    return nil
}
