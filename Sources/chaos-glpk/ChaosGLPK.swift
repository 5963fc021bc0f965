// SPDX-License-Identifier: GPL-3.0-or-later
// This file is part of chaos-glpk, a program that links the GNU Linear Programming Kit and is therefore under the GNU
// General Public License, version 3 or later: see LICENSE and COPYING beside it. The rest of Chaos is not.

import ChaosMILPWorker

@main struct ChaosGLPK {
    static func main() {
        WorkerMain.run(name: "chaos-glpk", solver: GLPK.name, solve: GLPK.solve)
    }
}
