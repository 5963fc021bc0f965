import ChaosDocuments
import ChaosFormulation
import ChaosModel

/// A derived constraint of a certificate in the making.
struct VIPRLine {
    enum Reason {
        case assumption
        /// Numbers of constraints and their multipliers.
        case combination([(Int, Rational)])
        case rounding([(Int, Rational)])
        /// A proof and the branch that it assumes, twice.
        case join(Int, Int, Int, Int)
    }

    enum Left {
        case objective
        case terms([(variable: Int, coefficient: Rational)])
    }

    let name: String
    let sense: Character
    let bound: Rational
    let left: Left
    let reason: Reason

    /// The constraints that the reason refers to.
    var references: [Int] {
        switch reason {
        case .assumption: []
        case .combination(let multipliers), .rounding(let multipliers): multipliers.map(\.0)
        case .join(let a, let b, let c, let d): [a, b, c, d]
        }
    }
}

/// The text of a certificate in the VIPR format, version 1.0, of a linear program: the program itself, what is claimed of
/// it, a solution, and the derivations. Indices after which a constraint may be forgotten are worked out here.
struct VIPRDocument {
    let program: Program
    /// Lines that begin the file, for people.
    var comments: [String] = []
    /// The lower bound of the objective that the derivations prove; nil: they prove that nothing is feasible.
    var lowerBound: Rational?
    /// A solution whose objective is that bound: the value of every variable.
    var solution: [Rational]?
    private(set) var lines: [VIPRLine] = []
    /// The number of the bound `x ≥ l` of each variable.
    let lowerBoundNumber: [Int?]
    /// The number of the bound `x ≤ u` of each variable.
    let upperBoundNumber: [Int?]
    private let bounds: Int

    /// - Precondition: the program is linear.
    init(_ program: Program) {
        precondition(program.isLinear)
        self.program = program
        var next = 0
        var (lower, upper): ([Int?], [Int?]) = ([], [])
        for variable in program.variables {
            lower.append(variable.lower == nil ? nil : next)
            if variable.lower != nil { next += 1 }
            upper.append(variable.upper == nil ? nil : next)
            if variable.upper != nil { next += 1 }
        }
        lowerBoundNumber = lower
        upperBoundNumber = upper
        bounds = next
    }

    /// The number of the program's row at a place of its `constraints`.
    func number(ofRow row: Int) -> Int { bounds + row }

    /// Adds a derivation. - Returns: its number.
    mutating func add(_ line: VIPRLine) -> Int {
        lines.append(line)
        return bounds + program.constraints.count + lines.count - 1
    }

    /// Writes the text in pieces. Cost: linear in its length.
    func write(to sink: (UnsafeRawBufferPointer) throws -> Void) throws {
        var text = ""
        func flush(beyond most: Int = 1 << 16) throws {
            if text.utf8.count > most {
                var piece = text
                try piece.withUTF8 { try sink(UnsafeRawBufferPointer($0)) }
                text.removeAll(keepingCapacity: true)
            }
        }
        for comment in comments { text += "% \(SingleLine.of(comment, most: 200))\n" }
        text += "VER 1.0\nVAR \(program.variables.count)\n"
        var names = VIPRNames()
        for variable in program.variables {
            text += names.name(for: variable.name) + "\n"
            try flush()
        }
        let integers = program.variables.filter { $0.kind != .continuous }
        text += "INT \(integers.count)\n"
        for variable in integers {
            text += "\(variable.index)\n"
            try flush()
        }
        text += "OBJ min\n\(Self.terms(program.objective))\n"
        text += "CON \(bounds + program.constraints.count) \(bounds)\n"
        for variable in program.variables {
            let v = variable.index
            if let lower = variable.lower { text += "lower\(v) G \(lower) 1 \(v) 1\n" }
            if let upper = variable.upper { text += "upper\(v) L \(upper) 1 \(v) 1\n" }
            try flush()
        }
        for row in program.constraints {
            let sense =
                switch row.sense {
                case .atLeast: "G"
                case .atMost: "L"
                case .equal: "E"
                }
            text += "\(names.name(for: row.name)) \(sense) \(row.bound) \(Self.terms(row.expression))\n"
            try flush()
        }
        try write(claimTo: &text)
        let first = bounds + program.constraints.count
        let lastUse = lastUses(first: first)
        text += "DER \(lines.count)\n"
        for (k, line) in lines.enumerated() {
            write(line, to: &text)
            text += " \(lastUse[k])\n"
            try flush()
        }
        try flush(beyond: 0)
    }

    private func write(claimTo text: inout String) throws {
        guard let lowerBound else {
            text += "RTP infeas\nSOL 0\n"
            return
        }
        guard let solution else {
            text += "RTP range \(lowerBound) inf\nSOL 0\n"
            return
        }
        let values = solution.enumerated().filter { $0.element != 0 }
        text += "RTP range \(lowerBound) \(lowerBound)\nSOL 1\nplan \(values.count)"
        for (v, value) in values { text += " \(v) \(value)" }
        text += "\n"
    }

    private func write(_ line: VIPRLine, to text: inout String) {
        text += "\(line.name) \(line.sense) \(line.bound) "
        switch line.left {
        case .objective: text += "OBJ"
        case .terms(let terms):
            text += "\(terms.count)"
            for (variable, coefficient) in terms { text += " \(variable) \(coefficient)" }
        }
        switch line.reason {
        case .assumption: text += " { asm }"
        case .combination(let multipliers): write("lin", multipliers, to: &text)
        case .rounding(let multipliers): write("rnd", multipliers, to: &text)
        case .join(let a, let b, let c, let d): text += " { uns \(a) \(b) \(c) \(d) }"
        }
    }

    private func write(_ word: String, _ multipliers: [(Int, Rational)], to text: inout String) {
        text += " { \(word) \(multipliers.count)"
        for (number, multiplier) in multipliers { text += " \(number) \(multiplier)" }
        text += " }"
    }

    private static func terms(_ expression: Expression) -> String {
        "\(expression.terms.count)"
            + expression.terms.map { " \($0.variable) \($0.coefficient)" }.joined()
    }

    /// For each derivation the number of the last one that refers to it, or -1.
    private func lastUses(first: Int) -> [Int] {
        var last = [Int](repeating: -1, count: lines.count)
        for (k, line) in lines.enumerated() {
            for number in line.references where number >= first { last[number - first] = first + k }
        }
        return last
    }
}

/// Names as a certificate can hold them: words without white space, each used once.
struct VIPRNames {
    private var used: Set<String> = []

    mutating func name(for text: String) -> String {
        let word = String(text.unicodeScalars.map { Self.isLegal($0) ? Character($0) : "_" })
        var name = word.isEmpty ? "_" : word
        var k = 2
        while !used.insert(name).inserted {
            name = "\(word)#\(k)"
            k += 1
        }
        return name
    }

    /// Printing ASCII without the signs that begin comments and reasons.
    private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
        (33...126).contains(scalar.value) && scalar != "%" && scalar != "{" && scalar != "}"
    }
}
