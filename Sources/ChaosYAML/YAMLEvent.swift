internal import CYaml
import ChaosDocuments

/// A step of reading YAML: a scalar, the begin or the end of a sequence or mapping, or an alias.
struct YAMLEvent {
    enum Kind: Equatable {
        /// A plain one stands without quotes.
        case scalar(String, isPlain: Bool)
        case sequence
        case mapping
        case end
        /// Stands for the events of an earlier value, by their places in the list.
        case alias(Range<Int>)
    }

    let kind: Kind
    /// From 1.
    let line: Int
    let column: Int

    var place: String { "line \(line), column \(column)" }
}

extension YAMLEvent {
    /// The depth to which sequences and mappings may be nested. No document of ours comes near it.
    static let mostDepth = 100

    /// The events of the one document that the bytes hold.
    ///
    /// They come from libyaml, on which Yams is built. The tree of Yams itself is made by recursion, and each key of it
    /// is hashed with all that is in it, aliases too: a small document may keep it busy for ever. Events cost what the
    /// length of the document costs.
    /// - Throws: `InvalidInput`, without a name, at the first place that is no YAML, or YAML that is not read here: tags,
    ///   a second document, an alias that stands for a value round it.
    static func events(of bytes: UnsafeBufferPointer<UInt8>) throws(InvalidInput) -> [YAMLEvent] {
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        let bytes = UnsafeBufferPointer(rebasing: bytes[(hasMark ? 3 : 0)...])
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else { throw refusal("", "no memory", allowed: "a smaller file") }
        defer { yaml_parser_delete(&parser) }
        // Otherwise a file may begin with the mark of another encoding.
        yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(&parser, bytes.baseAddress, bytes.count)
        var reader = YAMLEventReader()
        while true {
            var event = yaml_event_t()
            guard yaml_parser_parse(&parser, &event) == 1 else { throw syntaxFault(parser, bytes) }
            defer { yaml_event_delete(&event) }
            if event.type == YAML_STREAM_END_EVENT { break }
            try reader.add(event)
        }
        guard !reader.events.isEmpty else { throw refusal("", "an empty document", allowed: "a YAML document") }
        return reader.events
    }

    fileprivate static func refusal(_ path: String, _ found: String, allowed: String) -> InvalidInput {
        InvalidInput(path, found, allowed: allowed)
    }

    private static func syntaxFault(_ parser: yaml_parser_t, _ bytes: UnsafeBufferPointer<UInt8>) -> InvalidInput {
        let problem = parser.problem.map { String(cString: $0) } ?? "no memory"
        // A fault of the bytes has an offset, one of the text a mark.
        if parser.error == YAML_READER_ERROR {
            let before = bytes[..<min(parser.problem_offset, bytes.count)]
            let line = before.count { $0 == 0x0A } + 1
            let column = before.count - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
            return refusal(
                "line \(line), column \(column)", "no valid YAML (\(problem))",
                allowed: "UTF-8 without control characters")
        }
        let mark = parser.problem_mark
        let allowed = parser.context.map {
            "YAML (\(String(cString: $0)) from line \(parser.context_mark.line + 1), "
                + "column \(parser.context_mark.column + 1))"
        }
        return refusal(
            "line \(mark.line + 1), column \(mark.column + 1)", "no valid YAML (\(problem))", allowed: allowed ?? "YAML"
        )
    }
}

/// Makes our events of libyaml's.
private struct YAMLEventReader {
    private(set) var events: [YAMLEvent] = []
    private var hasDocument = false
    /// What is begun and not ended: where it begins in `events`, and its anchor.
    private var open: [(start: Int, anchor: String?)] = []
    /// The values that aliases may stand for. An anchor may be used again; the last one counts.
    private var anchors: [String: Range<Int>] = [:]

    mutating func add(_ event: yaml_event_t) throws(InvalidInput) {
        let (line, column) = (Int(event.start_mark.line) + 1, Int(event.start_mark.column) + 1)
        func refusal(_ found: String, allowed: String) -> InvalidInput {
            YAMLEvent.refusal("line \(line), column \(column)", found, allowed: allowed)
        }
        func refuse(tag: UnsafePointer<yaml_char_t>?) throws(InvalidInput) {
            guard let tag else { return }
            throw refusal("the tag \(String(cString: tag))", allowed: "no tags: text in quotes, other values without")
        }
        let kind: YAMLEvent.Kind
        var anchor: UnsafeMutablePointer<yaml_char_t>?
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            if hasDocument { throw refusal("a second document", allowed: "one") }
            hasDocument = true
            return
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(tag: scalar.tag)
            anchor = scalar.anchor
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            kind = .scalar(text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
        case YAML_SEQUENCE_START_EVENT:
            try refuse(tag: event.data.sequence_start.tag)
            anchor = event.data.sequence_start.anchor
            kind = .sequence
        case YAML_MAPPING_START_EVENT:
            try refuse(tag: event.data.mapping_start.tag)
            anchor = event.data.mapping_start.anchor
            kind = .mapping
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: kind = .end
        case YAML_ALIAS_EVENT:
            let name = String(cString: event.data.alias.anchor)
            guard let target = anchors[name] else {
                throw refusal("the alias *\(name)", allowed: "the anchor of a value that ends before it")
            }
            kind = .alias(target)
        default: return
        }
        guard events.count < YAMLDocument.mostValues else {
            throw refusal("more than \(YAMLDocument.mostValues) values", allowed: "fewer")
        }
        let place = events.count
        events.append(YAMLEvent(kind: kind, line: line, column: column))
        let name = anchor.map { String(cString: $0) }
        switch kind {
        case .sequence, .mapping:
            guard open.count < YAMLEvent.mostDepth else {
                throw refusal("a value inside \(YAMLEvent.mostDepth) others", allowed: "fewer")
            }
            open.append((place, name))
        case .end:
            let (start, name) = open.removeLast()
            if let name { anchors[name] = start..<place + 1 }
        case .scalar: if let name { anchors[name] = place..<place + 1 }
        case .alias: break
        }
    }
}
