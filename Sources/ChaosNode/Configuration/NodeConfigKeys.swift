import ChaosDocuments
import ChaosProtocol
import ChaosWire

// To add a key:
// 1. in NodeConfig.swift, or in the settings that it holds, a property whose first value is what holds without the key;
// 2. here a line in a table (for `founding` and `peers` in FoundingDraft.swift, for `trainer` in TrainerDraft.swift);
//    a kind of value that there is not yet goes into ConfigValue.swift;
// 3. in ConfigSamples.swift of the tests a value for it, without which they fail;
// 4. in Documentation/NODE.md the row that `chaosd --keys` prints, which they ask for too.
// What a trainer or the disk can say of the value only later is checked in NodePreparation.swift.

extension NodeConfigDraft {
    /// The keys of a node's configuration.
    static let keys = ConfigTable<Self>(
        [
            ConfigKey(
                "node", values: ConfigValue<NodeID>.node.values,
                "the id. It names one life of one process: a process that is started again needs an id that was never "
                    + "used, and joins like any other. One that is drawn is new each time",
                absent: { _ in "drawn at the start" },
                read: { draft, fields in
                    draft.hasNode = true
                    draft.node = try ConfigValue<NodeID>.node.read(fields)
                }),
            ConfigKey(
                required: "cluster", \.config.cluster, .name(bytes: 1...Introduction.mostClusterBytes),
                "a name. Nodes of different clusters do not talk to each other"),
            ConfigKey(
                required: "listen", \.config.listen, .endpoint,
                "where it listens; port 0 lets the system choose"),
            ConfigKey(
                "announce", \.config.announce, .endpoint, else: "nowhere: this node only dials out",
                "where others can dial it; port 0 is the one where it listens. Behind a router that forwards no port, leave it out"
            ),
            ConfigKey(
                "identity", \.config.identity, keys: identity,
                from: NodeConfig.Identity(certificate: "", key: "", trust: ""), else: "none",
                "who the node is and whom it trusts. With it all connections are TLS 1.3 with certificates at both ends; "
                    + "SIGHUP reads the files again"),
            ConfigKey(
                "insecure", \.config.isInsecure, .boolean,
                "whether a node without `identity` may listen on other addresses than those of the loopback: whoever reaches "
                    + "it can read the state, and destroy the run"),
            ConfigKey(
                "control", \.config.control, .socket, else: "none",
                "the control socket. It may be used by the user that runs the node and by nobody else"),
            ConfigKey(
                "founding", \.founding, keys: FoundingDraft.keys, from: FoundingDraft(), else: "none",
                "the first view, the same on all its members. A node that joins has none"),
            ConfigKey(
                "found", \.config.founds, .boolean,
                "whether this node founds the cluster if it finds none: one node says so, and all others join. It asks its "
                    + "`peers` first, for `timers.finding`, so that it comes back by joining when it is started again"),
            ConfigKey(
                "join", \.config.joins, .boolean,
                "whether a node without `founding` asks for the state at once, or when it is told to"),
            ConfigKey(
                "join_plan", \.config.joinPlan, .path("a plan file"), else: "the node solves one",
                "a plan that was made elsewhere, by which this node gets the state if its neighbours offer as much (below)"
            ),
            PeerDraft.key,
            ConfigKey("links", keys: links, "to nodes that this one is not told of, and which it hears of from others"),
            ConfigKey(
                "connections", \.config.connections, .integer(1...64),
                "for shards, to each neighbour that this node dials. A path with a long round trip needs several"),
            ConfigKey("bounds", keys: bounds, "what whoever connects may cost, whatever he sends"),
            ConfigKey("policy", keys: policy, "whom this node serves, and how much"),
            TrainerDraft.key,
            ConfigKey("training", isRequired: true, keys: training, "what a step is, and how many there are"),
            ConfigKey("timers", keys: timers, "times of the protocol"),
            ConfigKey(
                "journal", values: "a path or an object",
                "a file for what happens, a line of JSON each (below); a path alone is `{file: …}`",
                absent: { _ in "none" }, innerRows: journal.rows,
                read: { draft, fields in
                    if try fields.json.kind() == .string {
                        draft.config.journal = try ConfigValue.path().read(fields)
                    } else {
                        try journal.read(into: &draft, fields)
                    }
                }),
            ConfigKey(
                "tests", \.config.observation.tests, .integer(0...1 << 40), else: "after each epoch",
                "every how many steps the replica is tested on the test rows; 0: never. While eight tests are under way "
                    + "(one beyond 4 MiB of state) no further one is begun, but for that of the last step, and the "
                    + "journal says so; checkpoints likewise"),
            ConfigKey(
                "plans", \.config.plans, .path("a folder"), else: "none",
                "for what joins solve and execute (below)"),
            ConfigKey(
                "checkpoint", \.config.checkpoint, keys: checkpoint, from: CheckpointConfig(every: 1, path: ""),
                else: "none",
                "the state on disk. A file that is missing means that there is none yet, unless `….previous` is there: "
                    + "that is refused"),
            ConfigKey(
                "metrics", \.config.metrics, keys: metrics, from: NodeConfig.Metrics(path: ""), else: "none",
                "the figures of this node, in the text form that Prometheus reads"),
            ConfigKey("log", \.config.log, .choice(), "the least level of what goes to standard error"),
            ConfigKey(
                "experiments", \.config.experiments, .boolean,
                "whether the control socket takes `slow` and `lie`. Never on a node that others rely on"),
        ], check: check)

    private static let identity = ConfigTable<NodeConfig.Identity>([
        ConfigKey(
            required: "certificate", \.certificate, .path(),
            "PEM: the certificate of the node, then those that lead to its authority, if there are any"),
        ConfigKey(required: "key", \.key, .path(), "PEM: its private key, which nobody else may read (mode 0600)"),
        ConfigKey(
            required: "trust", \.trust, .path("a folder"),
            "files `*.pem` and `*.crt` with the certificate of an authority each: the institutions whose nodes may connect, "
                + "the node's own among them. Without a file, connections of its institution are closed at the next SIGHUP"
        ),
    ])

    private static let links = ConfigTable<Self>([
        ConfigKey(
            "most", \.config.negotiation.mostLinks, .integer(0...64),
            "as long as fewer links are up, it dials nodes that announce an address: two at random, so that the cluster hangs "
                + "together when a node goes, and then those that others have measured the greatest bandwidth from. Others may "
                + "link themselves to it beyond that. 0: only `peers`")
    ])

    private static let bounds = ConfigTable<Self>([
        ConfigKey(
            "strangers", \.config.bounds.strangers, .integer(1...1 << 16),
            "connections of those that have not said who they are. When another comes, the oldest is closed of the address "
                + "with the most of them"),
        ConfigKey(
            "handshake", \.config.bounds.handshake, .quantity(.bytes, 16 << 10...64 << 20),
            "what may come on a connection before the handshake of TLS is done. Long chains of certificates need more"),
        ConfigKey(
            "headers", \.config.bounds.headers, .quantity(.bytes, Frame.mostHeader...16 << 30),
            "headers of messages that have not come to their end, on all connections together: the connection is closed by "
                + "which they become more"),
    ])

    private static let policy = ConfigTable<Self>([
        ConfigKey("serve", \.config.policy.audience, .audience, "whom this node serves with the state"),
        ConfigKey(
            "bandwidth", \.config.policy.bandwidth, .quantity(.bandwidth, 1...MessageLimits.greatestQuantity),
            else: "what the link has", "what it offers each joiner at most; it keeps to it when sending"),
        ConfigKey(
            "limit", \.config.policy.mostBytes, .quantity(.bytes, 0...MessageLimits.stateBytes), else: "no limit",
            "bytes that it serves in one admission of a joiner"),
        ConfigKey(
            "memory", \.config.snapshotMemory, .quantity(.bytes, 1...MessageLimits.greatestQuantity),
            else: "\(ServingPolicy().mostSnapshots) states", "for snapshots; at least one state"),
        ConfigKey(
            "overhead", \.config.policy.overhead, .quantity(.time, 0...MessageLimits.greatestQuantity),
            "what each shard costs here beside its transmission: messages, digests, journal. Without any, plans would "
                + "have the smallest shards and very many of them"),
    ])

    private static let training = ConfigTable<Self>(
        [
            ConfigKey(
                required: "batch", \.config.batch, .integer(1...1 << 20), "samples of a step, by all members together"),
            ConfigKey(
                "lost", \.config.lost, .choice(),
                "what becomes of the samples of a step that a lost member was to compute: `repeated` by the others, or "
                    + "`dropped`, for steps that are long rounds of local steps; the same on all nodes"),
            ConfigKey("seed", \.config.sampleSeed, .seed, "of the order of the samples"),
            ConfigKey(
                "steps", \.config.steps, .integer(0...1 << 60), else: "no end",
                "after which nothing more is computed, the same on all nodes"),
            ConfigKey(
                "epochs", \.config.epochs, .integer(0...1 << 30), else: "no end", "likewise; one of the two at most"),
            ConfigKey(
                "chunks", \.config.chunks, .integer(1...MessageLimits.chunks),
                "parts in which an update travels, the same on all nodes. A chunk should not take longer on any link "
                    + "than a few heartbeats, for these wait behind it"),
            ConfigKey(
                "wire", \.config.wire, .choice(),
                "how the numbers of gradients and updates travel: `float32`; `bf16`, in half the bytes; or `int8`, in 0.254 "
                    + "of them, whole numbers and a scale for each \(WireFormat.block), for rounds of local steps. Sums are "
                    + "made in Float32 in any case; the same on all nodes. A synthetic trainer needs `float32`"),
        ],
        check: { draft, path, _, faults in
            if draft.config.steps != nil, draft.config.epochs != nil {
                faults.add("\(path).epochs", "steps and epochs", allowed: "one of them, or none for no end")
            }
        })

    private static let timers = ConfigTable<Self>(
        [
            ConfigKey("heartbeat", \.config.monitor.heartbeat, .time, "between two heartbeats on a link"),
            ConfigKey(
                "failure_bound", \.config.monitor.failureBound, .time,
                "silence after which a link is down, at least two heartbeats. Where many nodes share few processors, "
                    + "silence may mean no more than that; then it should be longer"),
            ConfigKey("hello", \.config.negotiation.hello, .time, "between two messages that mend what loss has left"),
            ConfigKey("retry", \.config.negotiation.retry, .time, "when a proposal of a view is made again"),
            ConfigKey(
                "takeover", \.config.negotiation.takeover, .time,
                "how much longer each member waits than the one before it when a view is due"),
            ConfigKey("gathering", \.config.receiver.gathering, .time, "how long a joiner waits for further links"),
            ConfigKey(
                "measuring", \.config.receiver.measuring, .quantity(.time, 0...ConfigValue.times.upperBound),
                "how long it waits for measurements of links that have none, until it could pull"),
            ConfigKey("offer_timeout", \.config.receiver.offerTimeout, .time, "how long it waits for offers"),
            ConfigKey("shard_retry", \.config.receiver.retry, .time, "when a shard that is late is pulled again"),
            ConfigKey(
                "silence", \.config.receiver.silence, .time,
                "after which the shards of a neighbour are pulled from others"),
            ConfigKey("abandonment", \.config.receiver.abandonment, .time, "after which a neighbour is given up"),
            ConfigKey(
                "patience", \.config.patience, .time,
                "how long the samples must be badly divided before a new view divides them; twice as long after each such "
                    + "view that came soon, up to 64 times"),
            ConfigKey(
                "introduction", \.config.introduction, .time,
                "after which a connection is closed whose other end has not said who it is"),
            ConfigKey(
                "finding", \.config.finding, .time,
                "how long a node with `found` looks among its peers for a cluster that is there"),
            ConfigKey("leave", \.config.leaveTimeout, .time, "how long a node that leaves waits for the others"),
        ],
        check: { draft, path, isWhole, faults in
            let monitor = draft.config.monitor
            draft.config.monitor.disconnect = max(monitor.disconnect, monitor.failureBound)
            let negotiation = draft.config.negotiation
            draft.config.negotiation.longestTakeover = max(negotiation.longestTakeover, negotiation.takeover)
            if isWhole, monitor.failureBound < 2 * monitor.heartbeat {
                faults.add(
                    "\(path).failure_bound", "\(monitor.failureBound) ns",
                    allowed: "at least two heartbeats, \(2 * monitor.heartbeat) ns")
            }
        })

    private static let journal = ConfigTable<Self>([
        ConfigKey(required: "file", \.config.journal, .path(), "what is there already stays before it"),
        ConfigKey(
            "digests", \.config.observation.digests, .integer(0...1 << 40),
            else: "1 up to 4 MiB of state, beyond that only at the end of training",
            "every how many steps the digest of the replica is in it, and then also when a view begins or the state has "
                + "come; 0: never. Of a large one it takes longer than a step and keeps that state in memory meanwhile"),
        ConfigKey(
            "detail", \.config.observation.journalDetail, .choice(),
            "`events` leaves out the lines of each step and each shard, without which the promises cannot be checked "
                + "afterwards"),
        ConfigKey(
            "most", \.config.observation.journalBytes, .quantity(.bytes, 4096...1 << 50), else: "no limit",
            "the size at which it goes on in a new file. What there is stays as `….1`, in the place of what was there "
                + "before. About a kilobyte a step"),
    ])

    private static let checkpoint = ConfigTable<CheckpointConfig>([
        ConfigKey(required: "file", \.path, .path(), "for the state; the digest is beside it, and the state before"),
        ConfigKey(required: "every", \.every, .integer(1...1 << 40), "in steps"),
        ConfigKey(
            "restore", \.restores, .boolean,
            "whether a founder begins with the state that is there. All founders must begin with the same"),
    ])

    private static let metrics = ConfigTable<NodeConfig.Metrics>([
        ConfigKey(required: "file", \.path, .path(), "written anew each time; `-` is standard output"),
        ConfigKey("period", \.period, .time, "between two writings"),
    ])
}
