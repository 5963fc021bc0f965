extension FieldReader {
    /// A whole number of the range, or nil and a fault.
    package func integer(in range: ClosedRange<Int>, _ unit: String = "") throws -> Int? {
        let allowed = Self.allowed(range, unit)
        return try check(integer("a whole number, \(allowed)"), in: range, allowed)
    }

    /// A quantity of the range, or nil and a fault.
    package func quantity(_ quantity: Quantity, in range: ClosedRange<Int>) throws -> Int? {
        try check(self.quantity(quantity), in: range, Self.allowed(range, quantity.baseUnit))
    }

    /// One of the names of a type, or nil and a fault.
    package func name<Name: RawRepresentable<String> & CaseIterable>() throws -> Name? {
        let path = json.currentPath
        guard let text = try string() else { return nil }
        if let name = Name(rawValue: text) { return name }
        faults.add(path, "\"\(text)\"", allowed: Name.allCases.map(\.rawValue).joined(separator: ", "))
        return nil
    }

    private func check(_ value: Int?, in range: ClosedRange<Int>, _ allowed: String) -> Int? {
        guard let value else { return nil }
        if range.contains(value) { return value }
        faults.add(json.currentPath, "\(value)", allowed: allowed)
        return nil
    }

    private static func allowed(_ range: ClosedRange<Int>, _ unit: String) -> String {
        "\(range.lowerBound) … \(range.upperBound)" + (unit.isEmpty ? "" : " \(unit)")
    }
}
