(** * Forests of neighbours and groups, and plans on them

    A forest is empty; or a neighbour followed by a forest; or a group, with
    the forest of its members inside, followed by a forest.  The nodes of one
    parent thus stand in a row, and "listed first" means further left. *)

From Coq Require Import NArith Lia List.
From Chaos Require Import Server.
Local Open Scope N_scope.

Inductive forest :=
| Nil
| Leaf (i : nat) (c : server) (rest : forest)      (* i: which neighbour *)
| Group (c : server) (members rest : forest).

(** A plan gives a number of shards to every neighbour of a forest; it has
    the shape of the forest. *)
Inductive plan :=
| Nothing
| Serve (n : N) (rest : plan)
| Inside (members rest : plan).

Fixpoint fits (f : forest) (x : plan) : Prop :=
  match f, x with
  | Nil, Nothing => True
  | Leaf _ _ r, Serve _ y => fits r y
  | Group _ k r, Inside xk y => fits k xk /\ fits r y
  | _, _ => False
  end.

(** The number of shards that a plan gives away. *)
Fixpoint total (x : plan) : N :=
  match x with
  | Nothing => 0
  | Serve n y => n + total y
  | Inside xk y => total xk + total y
  end.

(** By time [T] every neighbour has completed its shards, and every group
    all the shards of its members. *)
Fixpoint finished (f : forest) (x : plan) (T : N) : Prop :=
  match f, x with
  | Nil, Nothing => True
  | Leaf _ c r, Serve n y => by_time (completion c n) T /\ finished r y T
  | Group c k r, Inside xk y =>
      by_time (completion c (total xk)) T /\ finished k xk T /\ finished r y T
  | _, _ => False
  end.

(** Every shard takes some time at every node. *)
Fixpoint sound (f : forest) : Prop :=
  match f with
  | Nil => True
  | Leaf _ c r => 0 < pace c /\ sound r
  | Group c k r => 0 < pace c /\ sound k /\ sound r
  end.

(** The plan without shards. *)
Fixpoint zero (f : forest) : plan :=
  match f with
  | Nil => Nothing
  | Leaf _ _ r => Serve 0 (zero r)
  | Group _ k r => Inside (zero k) (zero r)
  end.

Lemma zero_fits : forall f, fits f (zero f).
Proof. induction f; simpl; auto. Qed.

Lemma zero_total : forall f, total (zero f) = 0.
Proof. induction f; simpl; lia. Qed.

Lemma finished_fits : forall f x T, finished f x T -> fits f x.
Proof.
  induction f; destruct x; simpl; intros T H; try tauto.
  - eapply IHf; apply H.
  - split; [eapply IHf1|eapply IHf2]; apply H.
Qed.

Lemma finished_mono : forall f x T T', T <= T' -> finished f x T -> finished f x T'.
Proof.
  induction f; destruct x; simpl; intros T T' HT H; try tauto.
  - destruct H; split; eauto using by_time_mono.
  - destruct H as (?&?&?); repeat split; eauto using by_time_mono.
Qed.
