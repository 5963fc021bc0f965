import ChaosDocuments

/// Writes the events of a YAML document as JSON, aliases as what they stand for.
///
/// An alias may stand for a value with aliases in it, so a few lines can name a document larger than any memory; hence a
/// bound on what is written, counted before it is.
enum YAMLTranslation {
    private enum Open {
        case sequence
        case mapping(awaitsKey: Bool)
    }

    /// - Throws: `InvalidInput` at a key that is no scalar, and where the bounds on size and depth are passed.
    static func json(of events: [YAMLEvent]) throws -> [UInt8] {
        var json: [UInt8] = []
        var (values, bytes) = (YAMLDocument.mostValues, YAMLDocument.mostBytes)
        var writer = JSONWriter(.compact) { json.append(contentsOf: $0) }
        var open: [Open] = []
        // The events that are being written, innermost last: those of the document, and of aliases in it.
        var pending = [events.startIndex..<events.endIndex]
        while let range = pending.last {
            guard let place = range.first else {
                pending.removeLast()
                continue
            }
            pending[pending.count - 1] = range.dropFirst()
            let event = events[place]
            func refusal(_ found: String, allowed: String) -> InvalidInput {
                InvalidInput(event.place, found, allowed: allowed)
            }
            values -= 1
            if case .scalar(let text, _) = event.kind { bytes -= text.utf8.count }
            guard values >= 0, bytes >= 0 else {
                throw refusal(
                    "aliases that make the document too large",
                    allowed: "\(YAMLDocument.mostValues) values, \(YAMLDocument.mostBytes) bytes of text")
            }
            if case .mapping(awaitsKey: true) = open.last, event.kind != .end {
                switch event.kind {
                case .scalar(let text, _):
                    writer.key(text)
                    open[open.count - 1] = .mapping(awaitsKey: false)
                case .alias(let target): pending.append(target)
                case .sequence, .mapping, .end: throw refusal("a list or a mapping as a key", allowed: "a text")
                }
                continue
            }
            if case .alias(let target) = event.kind {
                pending.append(target)
                continue
            }
            if case .mapping = open.last { open[open.count - 1] = .mapping(awaitsKey: true) }
            switch event.kind {
            case .scalar(let text, let isPlain):
                switch YAMLScalar(text, isPlain: isPlain) {
                case .text: writer.value(text)
                case .number: writer.value(number: text)
                case .boolean(let flag): writer.value(flag)
                case .null: writer.null()
                }
            case .sequence:
                writer.beginArray()
                open.append(.sequence)
            case .mapping:
                writer.beginObject()
                open.append(.mapping(awaitsKey: true))
            case .end:
                try writer.end()
                open.removeLast()
            case .alias: break
            }
            guard open.count <= YAMLEvent.mostDepth else {
                throw refusal("a value inside \(YAMLEvent.mostDepth) others", allowed: "fewer")
            }
        }
        try writer.finish()
        return json
    }
}
