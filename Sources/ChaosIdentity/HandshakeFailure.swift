import ChaosDocuments
import NIOSSL

/// Why a connection over TLS has failed, in words.
public enum HandshakeFailure {
    /// Whether the error says no more than that the connection is closed.
    public static func isClosing(_ error: any Error) -> Bool {
        switch error as? NIOSSLError {
        case .uncleanShutdown, .handshakeFailed(.sslError([.eofDuringHandshake])): true
        default: false
        }
    }

    /// - Returns: nil if the error is of another kind.
    public static func words(of error: any Error) -> String? {
        guard error is NIOSSLError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        // As in "…:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at …".
        guard let name = text.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/)?.1 else {
            return SingleLine.of(text, most: 200)
        }
        if name.contains("_ALERT_"), ["CERT", "UNKNOWN_CA", "ACCESS_DENIED"].contains(where: { name.contains($0) }) {
            return "the peer does not take this node's certificate (\(name))"
        }
        return switch name {
        case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNEXPECTED_RECORD":
            "the peer does not speak TLS"
        case "UNSUPPORTED_PROTOCOL": "the peer speaks an older TLS; allowed: 1.3"
        case "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer shows no certificate"
        default: "TLS: \(name)"
        }
    }
}
