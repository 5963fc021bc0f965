import ChaosControl
import Foundation
import Testing

struct ControlSocketTests {
    /// Whoever may connect could make the node leave, also in the moment after the file is there.
    @Test func isOneUsersFromItsFirstMoment() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "chaos-socket-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/s"
        let descriptor = try ControlSocket.bound(to: path)
        defer { close(descriptor) }
        var status = stat()
        #expect(lstat(path, &status) == 0)
        #expect(status.st_mode & S_IFMT == S_IFSOCK && status.st_mode & 0o777 == 0o600)
        // Nobody can connect to it until it listens, whatever its mode is.
        #expect(throws: ControlFailure.self) { try ControlClient(path) }
        #expect(listen(descriptor, 1) == 0)
        _ = try ControlClient(path)
        #expect(throws: ControlFailure.self) { try ControlSocket.bound(to: path) }
    }
}
