import ChaosDocuments
import NIOCore

/// Addresses that are kept connected, whoever is there.
extension Transport {
    /// An address that is kept connected from now on.
    func add(contact endpoint: Endpoint) {
        guard !contacts.contains(where: { $0.endpoint == endpoint }) else { return }
        let contact = Contact(endpoint)
        contacts.append(contact)
        dial(contact)
    }

    func remove(contact endpoint: Endpoint) {
        guard let place = contacts.firstIndex(where: { $0.endpoint == endpoint }) else { return }
        let contact = contacts.remove(at: place)
        contact.retry?.cancel()
        if let id = contact.peer {
            if peers[id]?.endpoint == endpoint { peers[id]?.endpoint = nil }
            disconnect(id)
        }
    }

    private func dial(_ contact: Contact) {
        guard !isStopped, contact.peer == nil, !contact.isDialling,
            contacts.contains(where: { $0 === contact })
        else { return }
        contact.isDialling = true
        contact.retry?.cancel()
        connect(to: .contact(contact), at: contact.endpoint, lane: .control)
    }

    /// Nobody has been reached at an address, or whoever was there is gone.
    func missed(_ contact: Contact, because reason: String) {
        contact.isDialling = false
        contact.peer = nil
        contact.trouble = reason
        guard !isStopped, contacts.contains(where: { $0 === contact }) else { return }
        let pause = Self.pause(after: contact.failures)
        contact.failures += 1
        contact.retry?.cancel()
        contact.retry = loop.scheduleTask(in: .nanoseconds(Int64(pause))) { self.dial(contact) }
    }

    /// What the end of a connection means for the addresses that are kept connected.
    func closed(_ connection: Connection, ofContactBecause reason: String) {
        for contact in contacts {
            let isItsDial = connection.dialled?.contact === contact && contact.isDialling
            let isItsPeer = contact.peer != nil && contact.peer == connection.peer && connection.lane == .control
            if isItsDial && contact.peer == nil || isItsPeer && peers[contact.peer!]?.control == nil {
                missed(contact, because: SingleLine.of(reason))
            }
        }
    }
}
