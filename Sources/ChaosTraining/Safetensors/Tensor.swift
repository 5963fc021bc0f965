/// What the numbers of a tensor are, by the names of the safetensors format.
public enum ElementType: String, Sendable, CaseIterable {
    case bool = "BOOL"
    case uint8 = "U8"
    case int8 = "I8"
    case float8e4m3 = "F8_E4M3"
    case float8e5m2 = "F8_E5M2"
    case uint16 = "U16"
    case int16 = "I16"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case uint32 = "U32"
    case int32 = "I32"
    case float32 = "F32"
    case uint64 = "U64"
    case int64 = "I64"
    case float64 = "F64"

    /// Of one number.
    public var bytes: Int {
        switch self {
        case .bool, .uint8, .int8, .float8e4m3, .float8e5m2: 1
        case .uint16, .int16, .float16, .bfloat16: 2
        case .uint32, .int32, .float32: 4
        case .uint64, .int64, .float64: 8
        }
    }
}

/// A named array of numbers within a run of bytes, row after row, little-endian.
public struct Tensor: Sendable, Equatable {
    public let name: String
    public let type: ElementType
    /// From the slowest index to the fastest; empty for a single number.
    public let shape: [Int]
    /// Where it lies.
    public let bytes: Range<Int>

    /// The tensor that begins at a place.
    /// - Precondition: its end is not beyond 2^63 − 1.
    public init(_ name: String, _ type: ElementType, _ shape: [Int], at offset: Int) {
        self.name = name
        self.type = type
        self.shape = shape
        bytes = offset..<offset + shape.reduce(type.bytes, *)
    }
}

extension Tensor: CustomStringConvertible {
    /// As in `fc.weight: F32 [10, 784]`.
    public var description: String { "\(name): \(type.rawValue) \(shape)" }
}
