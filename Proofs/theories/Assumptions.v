(** * The main theorems rest on no axiom

    Printed by the build, which fails unless each answer is "Closed under the
    global context".  The table in README.md says what each theorem is. *)

From Chaos Require Import Server Capacity Greedy ThresholdAlgorithm Fluid Scaling Ticks
  Reduction BestMilp ChainMonotone Counterexample Certificate SearchOptimal KthSmallest Fast.

(* The model and its scaled form *)
Print Assumptions cap_spec.
Print Assumptions neighbor_by_time.
Print Assumptions group_by_time.
Print Assumptions tree_finished.
Print Assumptions milp_forest.

(* 1 *)
Print Assumptions threshold.
Print Assumptions threshold_infeasible.
Print Assumptions milp_threshold.
Print Assumptions milp_optimum_threshold.
Print Assumptions milp_infeasible.

(* 2 *)
Print Assumptions chain_feasible.
Print Assumptions chain_monotone.
Print Assumptions minlp_is_smallest_milp.

(* 3 *)
Print Assumptions minlp_milp.
Print Assumptions minlp_is_best_milp.

(* 4 *)
Print Assumptions hill_optima.
Print Assumptions not_monotone.
Print Assumptions not_unimodal.

(* 5 *)
Print Assumptions greedy_optimal.
Print Assumptions greedy_infeasible.
Print Assumptions greedy_early_inside.

(* 6 *)
Print Assumptions threshold_is_greedy.
Print Assumptions first_by_greedy_least.
Print Assumptions greedy_resumes.
Print Assumptions fluid_missing.
Print Assumptions fluid_not_past.

(* 7 *)
Print Assumptions certificate.
Print Assumptions checker_optimal.
Print Assumptions checker_feasible.
Print Assumptions checker_wrong.

(* 8 *)
Print Assumptions optimum_is_kth_smallest.
Print Assumptions milp_is_kth_smallest.

(* The oracle *)
Print Assumptions solve_at_optimal.
Print Assumptions solve_at_infeasible.
Print Assumptions solve_optimal.
Print Assumptions solve_infeasible.
Print Assumptions nanoseconds_spec.
Print Assumptions fast_valid_same.
Print Assumptions fast_check_same.
Print Assumptions fast_solve_at_same.
Print Assumptions fast_solve_same.
Print Assumptions fast_nanoseconds_same.
