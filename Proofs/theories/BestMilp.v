(** * The MINLP is the best MILP (claim 3)

    Exactly one binary variable of the chain is 1, so that the size of a MINLP
    solution is a size of the chain and the rest of it solves the MILP there. *)

From Coq Require Import NArith ZArith QArith Lia List Bool.
From Chaos Require Import Instance Program Reduction.
Import ListNotations.
Local Open Scope Q_scope.

Lemma no_ones : forall z, ones z = 0%N -> forall D, chosen D z = 0%N.
Proof.
  induction z as [|b z IH]; cbn [ones]; intros H D; [destruct D; reflexivity|].
  destruct b; cbn [N.b2n] in H; [lia|]. destruct D; [reflexivity|].
  cbn [chosen N.b2n]. rewrite IH by lia. lia.
Qed.

Lemma one_chosen : forall D z, length z = length D -> ones z = 1%N -> In (chosen D z) D.
Proof.
  induction D as [|s D IH]; destruct z as [|b z]; intros Hl Ho; try discriminate.
  cbn [chosen ones] in *. cbn [length] in Hl. destruct b; cbn [N.b2n] in *.
  - left. rewrite no_ones by lia. lia.
  - right. replace (s * 0 + chosen D z)%N with (chosen D z) by lia. apply IH; lia.
Qed.

Lemma choose : forall s D, In s D -> exists z, length z = length D /\ ones z = 1%N /\ s = chosen D z.
Proof.
  assert (Z : forall D : list N, exists z, length z = length D /\ ones z = 0%N).
  { induction D as [|s D (z&Hl&Ho)]; [exists []|exists (false :: z)]; cbn [length ones N.b2n];
      split; lia. }
  induction D as [|a D IH]; [intros []|]. intros [->|Hin].
  - destruct (Z D) as (z&Hl&Ho). exists (true :: z). cbn [length ones chosen N.b2n].
    rewrite no_ones by assumption. rewrite Ho. repeat split; lia.
  - destruct (IH Hin) as (z&Hl&Ho&Hs). exists (false :: z). cbn [length ones chosen N.b2n].
    repeat split; lia.
Qed.

(** A MILP solution at a size of the chain is a MINLP solution, and a MINLP
    solution is a MILP solution at its size. *)
Theorem minlp_milp : forall I T s n, minlp I T s n <-> In s (sizes I) /\ milp I s T n.
Proof.
  intros I T s n. split.
  - intros (z&y&w&Hl&Ho&Hs&Hp). split; [rewrite Hs; apply one_chosen; assumption|].
    exists y, w. assumption.
  - intros (Hin&y&w&Hp). destruct (choose s (sizes I) Hin) as (z&Hl&Ho&Hs).
    exists z, y, w. auto.
Qed.

Section Valid.
  Variable I : instance.
  Hypothesis HI : valid I = true.

  (** The optimum of the MINLP is the least [T*(s)] over the chain. *)
  Theorem minlp_is_best_milp : forall T,
    minlp_optimum I T <->
    (exists s, In s (sizes I) /\ milp_optimum I s T) /\
    (forall s T', In s (sizes I) -> milp_optimum I s T' -> T <= T').
  Proof.
    intros T. unfold minlp_optimum, minimal. split.
    - intros ((s&n&H)&Hmin). apply minlp_milp in H. destruct H as (Hin&H). split.
      + exists s. split; [assumption|]. split; [eauto|].
        intros T' (n'&H'). apply Hmin. exists s, n'. apply minlp_milp. auto.
      + intros s' T' Hin' ((n'&H')&_). apply Hmin. exists s', n'. apply minlp_milp. auto.
    - intros ((s&Hin&((n&Hn)&_))&Hmin). split.
      + exists s, n. apply minlp_milp. auto.
      + intros T' (s'&n'&H'). apply minlp_milp in H'. destruct H' as (Hin'&H').
        destruct (milp_optimum_exists I HI s' T' n' Hin' H') as (T0&Hopt&Hle).
        eapply Qle_trans; [apply (Hmin s' T0 Hin' Hopt)|exact Hle].
  Qed.
End Valid.
