(** * The checker (claim 7): definitions

    A plan names a size [s], a makespan [p/q] ns, and a number of shards for
    each neighbour.  The checker recomputes the completion times and then
    asks, for each size of the chain, how many shards can be complete
    strictly before the makespan. *)

From Coq Require Import NArith Lia List Bool.
From Chaos Require Import Server Forest Capacity Instance Tree Scaling.
Import ListNotations.
Local Open Scope N_scope.

Inductive reason :=
| SizeNotInChain     (* the size is none of the chain *)
| CountsMissing      (* not one count per neighbour *)
| TotalNotK          (* the counts do not add up to K(s) *)
| LimitPassed        (* a neighbour serves more than it is willing to *)
| MakespanNotExact.  (* the last completion is not at p/q *)

Inductive verdict := Optimal | Feasible | Wrong (r : reason).

(** The later of two times, one of which may be infinite. *)
Definition later (t u : option N) : option N :=
  match t, u with Some t, Some u => Some (N.max t u) | _, _ => None end.

(** The time at which every neighbour and every group is done. *)
Fixpoint makespan (f : forest) (x : plan) : option N :=
  match f, x with
  | Nil, Nothing => Some 0
  | Leaf _ c r, Serve n y => later (completion c n) (makespan r y)
  | Group c k r, Inside xk y =>
      later (completion c (total xk)) (later (makespan k xk) (makespan r y))
  | _, _ => None
  end.

(** For no size can [K(s)] shards be complete strictly before [M] ticks. *)
Definition unbeaten (I : instance) (M : N) : bool :=
  forallb (fun s => F (tree I s) (M - 1) <? K I s) (sizes I).

Definition check (I : instance) (s p q : N) (n : list N) : verdict :=
  if negb (existsb (N.eqb s) (sizes I)) then Wrong SizeNotInChain
  else if negb (Nat.eqb (length n) (length (neighbors I))) then Wrong CountsMissing
  else
    let f := tree I s in
    let x := spread (of_list n) f in
    if negb (total x =? K I s) then Wrong TotalNotK
    else match makespan f x with
         | None => Wrong LimitPassed
         | Some M =>
             if negb ((0 <? q) && (p * scale I =? q * M)) then Wrong MakespanNotExact
             else if unbeaten I M then Optimal else Feasible
         end.

(** ** The makespan is the first time at which the plan is finished *)

Lemma later_spec : forall t u T, by_time (later t u) T <-> by_time t T /\ by_time u T.
Proof. intros [t|] [u|] T; simpl; try tauto. lia. Qed.

Theorem makespan_spec : forall f x T, finished f x T <-> by_time (makespan f x) T.
Proof.
  induction f; destruct x; simpl; intros T; try tauto.
  - split; [lia|trivial].
  - rewrite later_spec, IHf. reflexivity.
  - rewrite !later_spec, IHf1, IHf2. reflexivity.
Qed.
