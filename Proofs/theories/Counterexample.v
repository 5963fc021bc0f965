(** * With overhead the chain is neither monotone nor unimodal (claim 4)

    Two links, of 1000 and 250 Mibit/s, 24 ms for each shard at either; a
    state of 16 MiB, which every size divides.  Along the chain the makespan
    falls, rises and falls again, and the optimum lies behind the hill. *)

From Coq Require Import NArith ZArith QArith Lia List Bool.
From Chaos Require Import Server Forest Capacity Instance Tree Scaling Program Ticks Reduction.
Import ListNotations.
Local Open Scope N_scope.

Definition MiB : N := 2 ^ 20.
Definition ms : N := 10 ^ 6.

Definition hill : instance := {|
  state := 16 * MiB;
  sizes := [MiB; 2 * MiB; 4 * MiB; 8 * MiB; 16 * MiB];
  neighbors := [
    {| bandwidth := 1000 * MiB; latency := 0; ready := 0; overhead := 24 * ms;
       limit := None; group := None |};
    {| bandwidth := 250 * MiB; latency := 0; ready := 0; overhead := 24 * ms;
       limit := None; group := None |}];
  groups := [] |}.

Lemma hill_valid : valid hill = true.
Proof. vm_compute. reflexivity. Qed.

(** The certificate of one size, by computation. *)
Lemma computed : forall I s t, valid I = true -> In s (sizes I) ->
  (K I s <=? F (tree I s) (scale I * t)) = true ->
  (F (tree I s) (scale I * t - 1) <? K I s) = true ->
  milp_optimum I s (rat t).
Proof.
  intros I s t HI Hin H1 H2. apply N.leb_le in H1. apply N.ltb_lt in H2.
  apply (milp_optimum_least I HI); [assumption|]. exists (scale I * t). split.
  - apply least_pred; [|apply K_positive; assumption|auto].
    apply tree_sound; [assumption|]. apply size_positive with I; assumption.
  - rewrite rat_mul. field. apply rat_nonzero. apply (scale_spec I HI).
Qed.

Local Ltac compute_optimum :=
  apply computed; [exact hill_valid|vm_compute; tauto|vm_compute; reflexivity|vm_compute; reflexivity].

(** Claim 4: [T*] in milliseconds along the chain is 336, 240, 168, 176, 152. *)
Theorem hill_optima :
  milp_optimum hill MiB (rat (336 * ms)) /\
  milp_optimum hill (2 * MiB) (rat (240 * ms)) /\
  milp_optimum hill (4 * MiB) (rat (168 * ms)) /\
  milp_optimum hill (8 * MiB) (rat (176 * ms)) /\
  milp_optimum hill (16 * MiB) (rat (152 * ms)).
Proof. split; [|split; [|split; [|split]]]; compute_optimum. Qed.

(** Not monotone: a size that divides another may be slower. *)
Theorem not_monotone : exists I s s' T T', valid I = true /\
  In s (sizes I) /\ In s' (sizes I) /\ (s | s') /\
  milp_optimum I s T /\ milp_optimum I s' T' /\ (T' < T)%Q.
Proof.
  exists hill, MiB, (2 * MiB), (rat (336 * ms)), (rat (240 * ms)).
  destruct hill_optima as (H1&H2&_).
  split; [exact hill_valid|]. split; [simpl; auto|]. split; [simpl; auto|].
  split; [exists 2; reflexivity|]. split; [assumption|]. split; [assumption|].
  reflexivity.
Qed.

(** Not unimodal: between two sizes there may be one slower than both. *)
Theorem not_unimodal : exists I s1 s2 s3 T1 T2 T3, valid I = true /\
  In s1 (sizes I) /\ In s2 (sizes I) /\ In s3 (sizes I) /\ s1 < s2 /\ s2 < s3 /\
  milp_optimum I s1 T1 /\ milp_optimum I s2 T2 /\ milp_optimum I s3 T3 /\
  (T1 < T2)%Q /\ (T3 < T2)%Q.
Proof.
  exists hill, (4 * MiB), (8 * MiB), (16 * MiB), (rat (168 * ms)), (rat (176 * ms)), (rat (152 * ms)).
  destruct hill_optima as (_&_&H3&H4&H5).
  split; [exact hill_valid|]. repeat (split; [simpl; auto 7; fail|]).
  repeat (split; [reflexivity|]). repeat (split; [assumption|]). split; reflexivity.
Qed.
