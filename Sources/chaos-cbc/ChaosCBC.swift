import ChaosMILPWorker

@main struct ChaosCBC {
    static func main() {
        WorkerMain.run(name: "chaos-cbc", solver: CBC.name, solve: CBC.solve)
    }
}
