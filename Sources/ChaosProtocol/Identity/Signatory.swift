/// One life of one node, as it signs what it says and checks what others have signed.
///
/// Given the same statement it gives seals that are right for the same author; it has no clock, and asks nobody.
public protocol Signatory: AnyObject, Sendable {
    /// With which others check what is signed here.
    var claim: Claim { get }

    func seal(_ report: Report) -> Seal
    func seal(_ envelope: Envelope) -> Seal

    /// Who stands behind a claim; nil: nobody, for it is not what such a node makes. Whether the institution is trusted is
    /// another question, which the transport asks of those who connect: whoever is linked to others only may be trusted by
    /// these.
    func author(of claim: Claim) -> (any Author)?
}

/// One life of another node, as its claim shows it.
public protocol Author: AnyObject, Sendable {
    var claim: Claim { get }

    /// Whether this life has signed the report, as it is. The report has a seal.
    func hasSigned(_ report: Report) -> Bool
    /// Whether this life has signed the envelope, as it is. The envelope has a seal.
    func hasSigned(_ envelope: Envelope) -> Bool

    /// Whether the other claim is a later one of the same life, as after its certificate was renewed.
    func isRenewed(by other: any Author) -> Bool
}
