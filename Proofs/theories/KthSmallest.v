(** * The MILP without groups is the K-th smallest completion time (claim 8) *)

From Coq Require Import NArith ZArith QArith Lia List Bool Permutation Sorted Orders Mergesort.
From Chaos Require Import Server Forest Capacity Instance Tree Scaling Program Ticks Reduction.
Import ListNotations.
Local Open Scope N_scope.

Module ByTime <: TotalLeBool.
  Definition t := N.
  Definition leb := N.leb.
  Theorem leb_total : forall a b, leb a b = true \/ leb b a = true.
  Proof. intros a b. unfold leb. rewrite !N.leb_le. lia. Qed.
End ByTime.
Module TimeSort := Sort ByTime.

(** The finite ones of [C(1)], ..., [C(q)]. *)
Definition completions (q : N) (c : server) : list N :=
  flat_map (fun n => match completion c (N.of_nat n) with Some t => [t] | None => [] end)
           (seq 1 (N.to_nat q)).

(** Those of all servers, in ascending order. *)
Definition all_completions (q : N) (cs : list server) : list N :=
  TimeSort.sort (flat_map (completions q) cs).

(** The [q]-th smallest, counted from 1. *)
Definition kth_smallest (q : N) (cs : list server) : option N :=
  nth_error (all_completions q cs) (N.to_nat q - 1).

(** A forest without groups is a list of servers. *)
Fixpoint flat (f : forest) : Prop :=
  match f with Nil => True | Leaf _ _ r => flat r | Group _ _ _ => False end.

Fixpoint servers (f : forest) : list server :=
  match f with Leaf _ c r => c :: servers r | _ => [] end.

(** ** Counting *)

(** How many of some times are at most [T]. *)
Definition within (T : N) (l : list N) : nat := length (filter (fun t => t <=? T) l).

Lemma within_app : forall T l m, (within T (l ++ m) = within T l + within T m)%nat.
Proof. intros. unfold within. rewrite filter_app, app_length. reflexivity. Qed.

Lemma within_perm : forall T l m, Permutation l m -> within T l = within T m.
Proof.
  intros T l m H. unfold within. induction H; simpl; try congruence.
  - destruct (x <=? T); simpl; congruence.
  - destruct (x <=? T), (y <=? T); reflexivity.
Qed.

Lemma within_completions : forall c T q, 0 < pace c ->
  N.of_nat (within T (completions q c)) = N.min q (cap c T).
Proof.
  intros c T q Hp. unfold completions. rewrite <- (N2Nat.id q) at 2.
  induction (N.to_nat q) as [|k IH]; [change (0 = N.min 0 (cap c T)); lia|].
  rewrite seq_S, flat_map_app, within_app. cbn [flat_map]. rewrite app_nil_r.
  change (1 + k)%nat with (S k).
  pose proof (cap_spec c T (N.of_nat (S k)) Hp) as Hc.
  destruct (completion c (N.of_nat (S k))) as [t|]; cbn [by_time] in Hc.
  - unfold within at 2. cbn [filter]. destruct (N.leb_spec t T); cbn [length]; lia.
  - unfold within at 2. cbn [filter length]. lia.
Qed.

Lemma within_all : forall f T q, sound f -> flat f ->
  (q <= F f T <-> q <= N.of_nat (within T (flat_map (completions q) (servers f)))) .
Proof.
  intros f T q Hs Hf.
  assert (H : forall f, sound f -> flat f ->
    let w := N.of_nat (within T (flat_map (completions q) (servers f))) in
    w <= F f T /\ (w = F f T \/ q <= w)).
  { clear. induction f; simpl; intros Hs Hf; try tauto; [lia|].
    destruct Hs as (Hp&Hr). destruct (IHf Hr Hf) as (H1&H2).
    rewrite within_app. pose proof (within_completions c T q Hp). lia. }
  destruct (H f Hs Hf) as (H1&H2). lia.
Qed.

(** In an ascending list, the [k]-th element (from 0) is the least time with
    more than [k] elements within it. *)
Lemma sorted_nth : forall l k t, StronglySorted (fun a b => a <= b) l -> nth_error l k = Some t ->
  (k < within t l)%nat /\ forall T, (k < within T l)%nat -> t <= T.
Proof.
  induction l as [|a l IH]; intros k t Hs Hn; [destruct k; discriminate|].
  inversion Hs as [|? ? Hl Ha]; subst. rewrite Forall_forall in Ha.
  assert (Hnone : forall T, T < a -> within T l = 0%nat).
  { intros T HT. unfold within. rewrite filter_nothing; [reflexivity|].
    intros b Hb. apply Ha in Hb. apply N.leb_gt. lia. }
  destruct k as [|k]; simpl in Hn.
  - injection Hn as <-. unfold within. simpl. rewrite N.leb_refl. simpl. split; [lia|].
    intros T HT. destruct (N.leb_spec a T); [assumption|]. fold (within T l) in HT.
    rewrite Hnone in HT by assumption. lia.
  - destruct (IH k t Hl Hn) as (H1&H2). assert (a <= t) by (apply Ha; eapply nth_error_In; exact Hn).
    split.
    + unfold within in *. simpl. destruct (N.leb_spec a t); simpl; lia.
    + intros T HT. apply H2. unfold within in HT. simpl in HT. fold (within T l) in HT.
      destruct (N.leb_spec a T) as [|Hlt]; simpl in HT; fold (within T l) in HT; [lia|].
      rewrite Hnone in HT by assumption. lia.
Qed.

Lemma all_sorted : forall q cs, StronglySorted (fun a b => a <= b) (all_completions q cs).
Proof.
  intros q cs. unfold all_completions.
  assert (H : StronglySorted (fun a b => is_true (ByTime.leb a b)) (TimeSort.sort (flat_map (completions q) cs))).
  { apply TimeSort.StronglySorted_sort. intros a b c. unfold ByTime.leb, is_true.
    rewrite !N.leb_le. lia. }
  induction H as [|a l Hl IH Ha]; constructor; [assumption|].
  eapply Forall_impl; [|exact Ha]. intros b Hb. apply N.leb_le. exact Hb.
Qed.

(** ** Claim 8 *)

(** The optimum for [q] jobs on machines with affine completion times is the
    [q]-th smallest of all completion times. *)
Theorem optimum_is_kth_smallest : forall f q T, sound f -> flat f -> 0 < q ->
  (optimum f q T <-> kth_smallest q (servers f) = Some T).
Proof.
  intros f q T Hs Hf Hq. rewrite threshold by assumption.
  assert (Hw : forall t, q <= F f t <-> (N.to_nat q - 1 < within t (all_completions q (servers f)))%nat).
  { intros t. rewrite (within_all f t q Hs Hf). unfold all_completions.
    rewrite <- (within_perm t _ _ (TimeSort.Permuted_sort (flat_map (completions q) (servers f)))). lia. }
  unfold kth_smallest, least. split.
  - intros (H1&H2). apply Hw in H1.
    destruct (nth_error (all_completions q (servers f)) (N.to_nat q - 1)) as [t|] eqn:E.
    + destruct (sorted_nth _ _ _ (all_sorted q (servers f)) E) as (H3&H4). f_equal.
      apply N.le_antisymm; [apply H4; assumption|apply H2, Hw; assumption].
    + apply nth_error_None in E. exfalso. unfold within in H1.
      assert (Hlen : forall (P : N -> bool) l, (length (filter P l) <= length l)%nat).
      { intros P l. induction l as [|a l IH]; simpl; [lia|]. destruct (P a); simpl; lia. }
      specialize (Hlen (fun t => t <=? T) (all_completions q (servers f))). lia.
  - intros E. destruct (sorted_nth _ _ _ (all_sorted q (servers f)) E) as (H3&H4). split.
    + apply Hw. assumption.
    + intros T' H'. apply H4, Hw. assumption.
Qed.

(** The same for an instance without groups: [T*(s)] is the [K(s)]-th smallest
    of all [C_i(n)]. *)
Theorem milp_is_kth_smallest : forall I s T, valid I = true -> In s (sizes I) ->
  (forall v, In v (neighbors I) -> group v = None) ->
  (milp_optimum I s T <->
   exists t, kth_smallest (K I s) (map (neighbor_server (scale I) s) (neighbors I)) = Some t /\
             (T == rat t / rat (scale I))%Q).
Proof.
  intros I s T HI Hin Hfree. pose proof (tree_sound I s HI (size_positive I s HI Hin)) as Hsound.
  assert (H : forall gs l fuel, (weight l <= fuel)%nat -> (forall e, In e l -> path e = []) ->
    flat (build fuel gs l) /\ servers (build fuel gs l) = map work l).
  { clear. induction l as [|e l IH]; intros fuel Hw Hl; [destruct fuel; split; reflexivity|].
    destruct fuel as [|fuel]; [simpl in Hw; lia|]. cbn [build]. rewrite (Hl e) by (simpl; auto).
    simpl in Hw. destruct (IH fuel) as (H1&H2); [lia|intros; apply Hl; simpl; auto|].
    simpl. split; [assumption|]. rewrite H2. reflexivity. }
  destruct (H (group_server I (scale I) s) (entries I (scale I) s) (weight (entries I (scale I) s))) as (Hf&Hsv).
  - lia.
  - intros e He. unfold entries in He. apply in_map_iff in He. destruct He as ((i,v)&<-&Hv).
    simpl. apply indexed_neighbor in Hv. unfold above, way. rewrite (Hfree v Hv).
    destruct (length (groups I)); reflexivity.
  - fold (tree I s) in Hf, Hsv.
    assert (Hcs : servers (tree I s) = map (neighbor_server (scale I) s) (neighbors I)).
    { rewrite Hsv. unfold entries, indexed. rewrite map_map. simpl.
      clear. generalize 0%nat. induction (neighbors I) as [|v l IH]; intros k; [reflexivity|].
      simpl. rewrite IH. reflexivity. }
    rewrite (milp_optimum_least I HI) by assumption. rewrite <- Hcs.
    split; intros (t&Ht&HT); exists t; (split; [|assumption]).
    + apply optimum_is_kth_smallest; [assumption..|apply K_positive; assumption|].
      apply threshold; assumption.
    + apply threshold; [assumption|].
      apply optimum_is_kth_smallest; [assumption..|apply K_positive; assumption|assumption].
Qed.
