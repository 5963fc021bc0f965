import ChaosDocuments
import ChaosModel
import Foundation

/// The instances of the library, and what its index says of each.
package enum InstanceLibrary {
    package struct Row: Sendable, CustomStringConvertible {
        let values: [String: String]

        package subscript(_ column: String) -> String { values[column] ?? "" }
        package var description: String { self["file"] }
        package var instance: Instance {
            get throws { try Instance(contentsOf: folder.appending(path: self["file"]).path) }
        }
    }

    package static let folder = PackageRoot.url("Instances")

    package static let rows: [Row] = {
        do {
            let path = folder.appending(path: "index.csv").path
            let table = try CSVTable(csv: try DocumentIO.read(path), file: "index.csv")
            return table.rows.map { row in
                Row(values: Dictionary(uniqueKeysWithValues: zip(table.columns, row.fields)))
            }
        } catch {
            preconditionFailure("the index of the library cannot be read: \(error)")
        }
    }()
}
