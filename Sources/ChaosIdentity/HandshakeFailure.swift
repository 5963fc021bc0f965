import ChaosDocuments
import NIOSSL

/// Why a handshake has failed, in words.
public enum HandshakeFailure {
    /// - Returns: nil if the error is of another kind.
    public static func words(of error: any Error) -> String? {
        guard error is NIOSSLError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        // As in "…:SSL routines:OPENSSL_internal:WRONG_VERSION_NUMBER at …".
        guard let name = text.firstMatch(of: /OPENSSL_internal:([A-Z0-9_]+)/)?.1 else { return SingleLine.of(text) }
        if name.contains("_ALERT_") { return "the peer does not take this node's certificate (\(name))" }
        return switch name {
        case "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "UNEXPECTED_RECORD":
            "the peer does not speak TLS"
        case "UNSUPPORTED_PROTOCOL": "the peer speaks an older TLS; allowed: 1.3"
        case "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer shows no certificate"
        default: "TLS: \(name)"
        }
    }
}
