import Foundation

/// A place on the Earth taken as a sphere. Geography only derives the figures of an instance, so Doubles serve here;
/// each result is rounded to a whole number once.
struct GeographicPoint: Sendable, Equatable {
    /// Degrees.
    var latitude, longitude: Double

    /// Mean radius of the Earth in metres (IUGG).
    static let earthRadius = 6_371_008.8
    /// 2/3 of the speed of light in vacuum, in m/s: light in glass fibre.
    static let fibreSpeed = 299_792_458.0 * 2 / 3

    private var unitVector: (x: Double, y: Double, z: Double) {
        let (phi, lambda) = (latitude * .pi / 180, longitude * .pi / 180)
        return (cos(phi) * cos(lambda), cos(phi) * sin(lambda), sin(phi))
    }

    /// The great-circle distance in metres.
    func distance(to other: GeographicPoint) -> Double {
        let (a, b) = (unitVector, other.unitVector)
        let (dx, dy, dz) = (a.x - b.x, a.y - b.y, a.z - b.z)
        // The chord is exact for near points, where the arc cosine of the product is not.
        let halfChord = min(1, (dx * dx + dy * dy + dz * dz).squareRoot() / 2)
        return 2 * Self.earthRadius * asin(halfChord)
    }

    /// One-way time along the great circle at 2/3 of the speed of light, in whole ns.
    func latency(to other: GeographicPoint) -> Int {
        Int((distance(to: other) / Self.fibreSpeed * 1e9).rounded())
    }

    /// The point in the middle of several: the direction of the sum of their vectors.
    /// - Returns: nil if they cancel out.
    static func middle(of points: [GeographicPoint]) -> GeographicPoint? {
        var (x, y, z) = (0.0, 0.0, 0.0)
        for point in points {
            let v = point.unitVector
            (x, y, z) = (x + v.x, y + v.y, z + v.z)
        }
        let horizontal = (x * x + y * y).squareRoot()
        guard horizontal > 1e-9 || abs(z) > 1e-9 else { return nil }
        return GeographicPoint(latitude: atan2(z, horizontal) * 180 / .pi, longitude: atan2(y, x) * 180 / .pi)
    }
}
