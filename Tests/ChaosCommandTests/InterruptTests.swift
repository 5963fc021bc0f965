import ChaosProcess
import ChaosTesting
import Foundation
import Testing

/// What is left behind when somebody ends the program.
@Suite(.timeLimit(.minutes(30))) struct InterruptTests {
    @Test(arguments: ["TERM", "HUP"]) func workersDoNotOutliveTheProgram(signal: String) throws {
        try Chaos.withFolder { folder in
            let instance = folder + "/i.json"
            try Sample.solvable.write(toFile: instance, atomically: true, encoding: .utf8)
            // A worker and a child of its own, both of which would go on for long.
            try Chaos.write(
                "sleep 3000 & echo $$ $! > '\(folder)/started.part'; mv '\(folder)/started.part' '\(folder)/started'; wait",
                asProgram: folder + "/chaos-glpk")
            let script = """
                '\(Chaos.executable)' crosscheck --solver glpk '\(instance)' > /dev/null 2>&1 &
                chaos=$!
                until [ -e '\(folder)/started' ]; do sleep 0.05; done
                kill -\(signal) $chaos
                wait $chaos
                echo $?
                for process in $(cat '\(folder)/started'); do
                    # Gone, or dead and not yet taken away by the system.
                    until ! grep -q '^State:[[:space:]]*[^ZX]' /proc/$process/status 2> /dev/null; do sleep 0.05; done
                done
                echo gone
                """
            let result = try Command(
                "/bin/sh", ["-c", script], environment: ["CHAOS_LIBEXEC": folder], timeLimit: .hanging
            ).run()
            let code = signal == "TERM" ? 143 : 129
            #expect(result.output.text == "\(code)\ngone\n", "\(result.errors.text)")
            // Of a failure nothing may stay behind either.
            for process in (try? String(contentsOfFile: folder + "/started", encoding: .utf8))?.split(separator: " ")
                ?? []
            where result.ending == .timedOut {
                if let id = Int32(process.trimmingCharacters(in: .whitespacesAndNewlines)) { kill(id, SIGKILL) }
            }
        }
    }
}
