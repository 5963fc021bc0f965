import CUpdate

/// How great some numbers are at most: all are below a power of two.
struct Magnitude: Comparable, Sendable {
    /// Of the power; greater than any finite number's: one of them is infinite or none.
    let exponent: Int

    static let infinite = Magnitude(CHAOS_INFINITE)
    /// Of no number.
    static let zero = Magnitude(0)

    var isFinite: Bool { self < .infinite }

    init(exponent: Int) { self.exponent = exponent }

    /// - Parameter greatest: the greatest of their own exponents.
    init(_ greatest: chaos_exponent) { exponent = Int(greatest >> 23) - 126 }

    init(of numbers: UnsafeBufferPointer<Float>) {
        self.init(numbers.isEmpty ? 0 : chaos_greatest_exponent(numbers.baseAddress!, numbers.count))
    }

    /// - Parameter squares: the sum of their squares, computed in double precision.
    init(ofNumbersWithSquares squares: Double) {
        guard squares.isFinite, squares > 0 else {
            self = squares == 0 ? .zero : .infinite
            return
        }
        // Twice as much as the root, for what has been rounded.
        exponent = Int(squares.exponent) / 2 + 2
    }

    static func < (x: Magnitude, y: Magnitude) -> Bool { x.exponent < y.exponent }
}
