(** * From ways to a forest

    An instance names for each neighbour the groups above it.  Here the same
    as a forest, children of a parent in the order of their first neighbour,
    which is the order of the model's rule for ties. *)

From Coq Require Import NArith Lia List Bool Arith Permutation.
From Chaos Require Import Server Forest.
Import ListNotations.
Local Open Scope N_scope.

(** A neighbour: its place, its server, the groups above it, the root first. *)
Record entry := Entry { place : nat; work : server; path : list nat }.

Definition heads (g : nat) (e : entry) : bool :=
  match path e with h :: _ => Nat.eqb h g | [] => false end.

(** The entries whose outermost group is [g], seen from inside it. *)
Definition enter (g : nat) (l : list entry) : list entry :=
  map (fun e => Entry (place e) (work e) (tl (path e))) (filter (heads g) l).

Definition leave (g : nat) (l : list entry) : list entry :=
  filter (fun e => negb (heads g e)) l.

(** [gs] gives the server of each group; [fuel] bounds the recursion. *)
Fixpoint build (fuel : nat) (gs : nat -> server) (l : list entry) : forest :=
  match fuel, l with
  | S fuel, e :: r =>
      match path e with
      | [] => Leaf (place e) (work e) (build fuel gs r)
      | g :: _ => Group (gs g) (build fuel gs (enter g l)) (build fuel gs (leave g l))
      end
  | _, _ => Nil
  end.

(** Enough fuel. *)
Fixpoint weight (l : list entry) : nat :=
  match l with [] => 0 | e :: r => S (length (path e)) + weight r end.

(** The counts [n] of the neighbours, as a plan. *)
Fixpoint spread (n : nat -> N) (f : forest) : plan :=
  match f with
  | Nil => Nothing
  | Leaf i _ r => Serve (n i) (spread n r)
  | Group _ k r => Inside (spread n k) (spread n r)
  end.

(** The count of neighbour [j] in a plan. *)
Fixpoint count (f : forest) (x : plan) (j : nat) : N :=
  match f, x with
  | Leaf i _ r, Serve n y => (if Nat.eqb i j then n else 0) + count r y j
  | Group _ k r, Inside xk y => count k xk j + count r y j
  | _, _ => 0
  end.

Fixpoint places (f : forest) : list nat :=
  match f with
  | Nil => []
  | Leaf i _ r => i :: places r
  | Group _ k r => places k ++ places r
  end.

(** A group is reached by one way only. *)
Definition coherent (l : list entry) : Prop :=
  forall e1 e2 g u1 v1 u2 v2, In e1 l -> In e2 l ->
    path e1 = u1 ++ g :: v1 -> path e2 = u2 ++ g :: v2 -> u1 = u2.

Definition has (g : nat) (e : entry) : bool := existsb (Nat.eqb g) (path e).

Definition sums (l : list entry) (n : nat -> N) : N :=
  fold_right (fun e t => n (place e) + t) 0 l.

(** ** The forest says the same as the ways *)

Lemma has_In : forall g e, has g e = true <-> In g (path e).
Proof.
  intros g e. unfold has. rewrite existsb_exists. split.
  - intros (h&Hh&He). apply Nat.eqb_eq in He. congruence.
  - intros H. exists g. split; [assumption|apply Nat.eqb_refl].
Qed.

Lemma weight_enter : forall g l, (weight (enter g l) + length (filter (heads g) l) + weight (leave g l) = weight l)%nat.
Proof.
  induction l as [|e l IH]; [reflexivity|]. unfold enter, leave in *. simpl.
  assert (He : heads g e = true -> length (path e) = S (length (tl (path e)))).
  { unfold heads. destruct (path e); [discriminate|reflexivity]. }
  destruct (heads g e); simpl; lia.
Qed.

Lemma sums_split : forall g l n, sums l n = sums (enter g l) n + sums (leave g l) n.
Proof.
  induction l as [|e l IH]; intros n; [reflexivity|]. specialize (IH n).
  unfold enter, leave in *. simpl. destruct (heads g e); simpl; lia.
Qed.

Lemma sums_filter_split : forall g h l n, g <> h ->
  sums (filter (has h) l) n =
  sums (filter (has h) (enter g l)) n + sums (filter (has h) (leave g l)) n.
Proof.
  intros g h l n Hne. induction l as [|e l IH]; [reflexivity|].
  unfold enter, leave in *. simpl.
  destruct (heads g e) eqn:He; simpl.
  - assert (Hh : has h (Entry (place e) (work e) (tl (path e))) = has h e).
    { unfold heads in He. unfold has. simpl. destruct (path e) as [|a p]; [reflexivity|].
      apply Nat.eqb_eq in He. simpl. destruct (Nat.eqb_spec h a); [congruence|reflexivity]. }
    rewrite Hh. destruct (has h e); simpl; lia.
  - destruct (has h e); simpl; lia.
Qed.

Lemma filter_nothing : forall A (P : A -> bool) l, (forall x, In x l -> P x = false) -> filter P l = [].
Proof.
  induction l as [|a l IH]; intros H; [reflexivity|]. simpl.
  rewrite (H a) by (simpl; auto). apply IH. intros; apply H; simpl; auto.
Qed.

Lemma filter_same : forall A (P Q : A -> bool) l, (forall x, In x l -> P x = Q x) -> filter P l = filter Q l.
Proof.
  induction l as [|a l IH]; intros H; [reflexivity|]. simpl.
  rewrite (H a) by (simpl; auto). rewrite IH by (intros; apply H; simpl; auto). reflexivity.
Qed.

Lemma heads_path : forall g e, heads g e = true <-> exists p, path e = g :: p.
Proof.
  intros g e. unfold heads. destruct (path e) as [|h p].
  - split; [discriminate|intros (p&H); discriminate].
  - rewrite Nat.eqb_eq. split; [intros ->; eauto|intros (q&H); congruence].
Qed.

Lemma in_enter : forall g l e, In e (enter g l) <->
  exists e', In e' l /\ path e' = g :: path e /\ place e = place e' /\ work e = work e'.
Proof.
  intros g l e. unfold enter. rewrite in_map_iff. split.
  - intros (e'&<-&H). apply filter_In in H. destruct H as (H&Hg).
    apply heads_path in Hg. destruct Hg as (p&Hp). exists e'. simpl. rewrite Hp. auto.
  - intros (e'&H&Hp&Hi&Hw). exists e'. split.
    + rewrite Hp. destruct e; simpl in *; congruence.
    + apply filter_In. split; [assumption|]. apply heads_path. eauto.
Qed.

Lemma in_leave : forall g l e, In e (leave g l) <-> In e l /\ heads g e = false.
Proof. intros. unfold leave. rewrite filter_In, negb_true_iff. reflexivity. Qed.

Lemma coherent_sub : forall l l', coherent l -> (forall e, In e l' -> In e l) -> coherent l'.
Proof. unfold coherent. intros l l' H Hs. intros. eapply H; try eassumption; apply Hs; assumption. Qed.

Lemma coherent_enter : forall g l, coherent l -> coherent (enter g l).
Proof.
  unfold coherent. intros g l H e1 e2 h u1 v1 u2 v2 H1 H2 P1 P2.
  apply in_enter in H1. apply in_enter in H2.
  destruct H1 as (d1&I1&Q1&_), H2 as (d2&I2&Q2&_). rewrite P1 in Q1. rewrite P2 in Q2.
  assert (g :: u1 = g :: u2) by (eapply (H d1 d2 h _ v1 _ v2); eauto). congruence.
Qed.

(** In a coherent list, an outermost group is outermost for everyone in it. *)
Lemma coherent_head : forall l g e e', coherent l -> In e l -> heads g e = true ->
  In e' l -> In g (path e') -> heads g e' = true.
Proof.
  intros l g e e' Hc He Hg He' Hin. apply heads_path in Hg. destruct Hg as (p&Hp).
  apply in_split in Hin. destruct Hin as (u&v&Huv).
  assert ([] = u) as <- by (eapply (Hc e e' g [] p u v); eauto).
  apply heads_path. exists v. exact Huv.
Qed.

Section Build.
  Variable gs : nat -> server.
  Variable n : nat -> N.

  Lemma build_total : forall fuel l, (weight l <= fuel)%nat ->
    total (spread n (build fuel gs l)) = sums l n.
  Proof.
    induction fuel as [|fuel IH]; intros l Hw.
    - destruct l; simpl in *; [reflexivity|lia].
    - destruct l as [|e r]; [reflexivity|]. cbn [build].
      destruct (path e) as [|g p] eqn:Hp.
      + simpl in Hw. rewrite Hp in Hw. simpl. rewrite IH by (simpl in Hw; lia). reflexivity.
      + pose proof (weight_enter g (e :: r)) as W.
        assert (heads g e = true) as Hg by (apply heads_path; eauto).
        cbn [filter] in W. rewrite Hg in W. cbn [length] in W.
        cbn [spread total]. rewrite !IH by lia. rewrite <- sums_split. reflexivity.
  Qed.

  Lemma build_finished : forall T fuel l, (weight l <= fuel)%nat -> coherent l ->
    (finished (build fuel gs l) (spread n (build fuel gs l)) T <->
     (forall e, In e l -> by_time (completion (work e) (n (place e))) T) /\
     (forall g e, In e l -> In g (path e) ->
        by_time (completion (gs g) (sums (filter (has g) l) n)) T)).
  Proof.
    intros T. induction fuel as [|fuel IH]; intros l Hw Hc.
    - destruct l; simpl in *; [|lia]. split; [|trivial]. intros _. split; intros; tauto.
    - destruct l as [|e r].
      { simpl. split; [|trivial]. intros _. split; intros; tauto. }
      cbn [build]. destruct (path e) as [|g p] eqn:Hp.
      + assert (Hhas : forall g, filter (has g) (e :: r) = filter (has g) r).
        { intros g. simpl. unfold has at 1. rewrite Hp. reflexivity. }
        simpl in Hw. cbn [spread finished]. rewrite IH.
        * split.
          -- intros (H1&H2&H3). split.
             ++ intros d [<-|Hd]; auto.
             ++ intros h d [<-|Hd] Hh; [rewrite Hp in Hh; destruct Hh|].
                rewrite Hhas. eauto.
          -- intros (H1&H2). split; [apply H1; simpl; auto|]. split.
             ++ intros d Hd. apply H1. simpl; auto.
             ++ intros h d Hd Hh. rewrite <- Hhas. eapply H2; [simpl; right|]; eassumption.
        * lia.
        * eapply coherent_sub; [exact Hc|]. simpl; auto.
      + set (l := e :: r) in *.
        assert (Hg : heads g e = true) by (apply heads_path; eauto).
        assert (He : In e l) by (simpl; auto).
        pose proof (weight_enter g l) as W.
        assert (Hlen : (1 <= length (filter (heads g) l))%nat).
        { unfold l. simpl. rewrite Hg. simpl. lia. }
        assert (Cin : coherent (enter g l)) by (apply coherent_enter; exact Hc).
        assert (Cout : coherent (leave g l)).
        { eapply coherent_sub; [exact Hc|]. intros d Hd. apply in_leave in Hd. apply Hd. }
        cbn [spread finished]. rewrite !IH by (assumption || lia).
        rewrite build_total by lia.
        (* the group itself *)
        assert (Sg : sums (enter g l) n = sums (filter (has g) l) n).
        { replace (filter (has g) l) with (filter (heads g) l).
          - unfold enter. generalize (filter (heads g) l). clear.
            induction l as [|d l IH]; [reflexivity|]. simpl. rewrite IH. reflexivity.
          - apply filter_same. intros d Hd. apply eq_true_iff_eq. split; intros H.
            + apply has_In. apply heads_path in H. destruct H as (q&->). simpl; auto.
            + apply (coherent_head l g e d); auto. apply has_In; assumption. }
        (* a group inside *)
        assert (Sin : forall h d, In d (enter g l) -> In h (path d) -> g <> h ->
          sums (filter (has h) (enter g l)) n = sums (filter (has h) l) n).
        { intros h d Hd Hh Hne. rewrite (sums_filter_split g h l) by assumption.
          rewrite (filter_nothing _ (has h) (leave g l)); [simpl; lia|].
          intros d' Hd'. apply in_leave in Hd'. destruct Hd' as (Hd'&Hno).
          destruct (has h d') eqn:E; [exfalso|reflexivity]. apply has_In in E.
          apply in_split in E. destruct E as (u'&v'&E').
          apply in_split in Hh. destruct Hh as (u&v&Eh).
          apply in_enter in Hd. destruct Hd as (d0&Hd0&P0&_). rewrite Eh in P0.
          assert (g :: u = u') as <- by (eapply (Hc d0 d' h (g :: u) v u' v'); eauto).
          rewrite (proj2 (heads_path g d')) in Hno; [discriminate|]. rewrite E'. simpl. eauto. }
        (* a group outside *)
        assert (Sout : forall h d, In d (leave g l) -> In h (path d) ->
          g <> h /\ sums (filter (has h) (leave g l)) n = sums (filter (has h) l) n).
        { intros h d Hd Hh. apply in_leave in Hd. destruct Hd as (Hd&Hno).
          assert (Hne : g <> h).
          { intros <-. rewrite (coherent_head l g e d) in Hno by assumption. discriminate. }
          split; [exact Hne|]. rewrite (sums_filter_split g h l) by assumption.
          rewrite (filter_nothing _ (has h) (enter g l)); [simpl; lia|].
          intros d' Hd'. apply in_enter in Hd'. destruct Hd' as (d0&Hd0&P0&_).
          destruct (has h d') eqn:E; [exfalso|reflexivity]. apply has_In in E.
          apply in_split in E. destruct E as (u'&v'&E'). rewrite E' in P0.
          apply in_split in Hh. destruct Hh as (u&v&Eh).
          assert (g :: u' = u) as <- by (eapply (Hc d0 d h (g :: u') v' u v); eauto).
          rewrite (proj2 (heads_path g d)) in Hno; [discriminate|]. rewrite Eh. simpl. eauto. }
        split.
        * intros (Hgrp&(In1&In2)&(Out1&Out2)). split.
          -- intros d Hd. destruct (heads g d) eqn:E.
             ++ apply heads_path in E. destruct E as (q&Hq).
                specialize (In1 (Entry (place d) (work d) q)). simpl in In1. apply In1.
                apply in_enter. exists d. simpl. auto.
             ++ apply Out1. apply in_leave. auto.
          -- intros h d Hd Hh. destruct (heads g d) eqn:E.
             ++ destruct (Nat.eq_dec g h) as [->|Hne]; [rewrite <- Sg; exact Hgrp|].
                apply heads_path in E. destruct E as (q&Hq). rewrite Hq in Hh.
                destruct Hh as [|Hh]; [congruence|].
                assert (Hin : In (Entry (place d) (work d) q) (enter g l)).
                { apply in_enter. exists d. simpl. auto. }
                rewrite <- (Sin h _ Hin Hh Hne). eapply In2; [exact Hin|exact Hh].
             ++ assert (Hout : In d (leave g l)) by (apply in_leave; auto).
                destruct (Sout h d Hout Hh) as (_&<-). eapply Out2; eassumption.
        * intros (H1&H2). split; [|split; split].
          -- rewrite Sg. eapply H2; [exact He|]. rewrite Hp. simpl; auto.
          -- intros d Hd. apply in_enter in Hd. destruct Hd as (d0&Hd0&_&->&->). auto.
          -- intros h d Hd Hh. pose proof Hd as Hd'. apply in_enter in Hd'.
             destruct Hd' as (d0&Hd0&P0&_).
             assert (Hne : g <> h).
             { intros <-. apply in_split in Hh. destruct Hh as (u&v&Eh). rewrite Eh in P0.
               assert ([] = g :: u) by (eapply (Hc d0 d0 g [] (u ++ g :: v) (g :: u) v); eauto).
               discriminate. }
             rewrite (Sin h d Hd Hh Hne). eapply H2; [exact Hd0|]. rewrite P0. simpl; auto.
          -- intros d Hd. apply in_leave in Hd. apply H1, Hd.
          -- intros h d Hd Hh. destruct (Sout h d Hd Hh) as (_&->).
             apply in_leave in Hd. eapply H2; [apply Hd|exact Hh].
  Qed.
End Build.

Lemma places_split : forall g l, Permutation (map place l) (map place (enter g l) ++ map place (leave g l)).
Proof.
  induction l as [|e l IH]; [constructor|]. unfold enter, leave in *. simpl.
  destruct (heads g e); simpl.
  - constructor. exact IH.
  - etransitivity; [apply perm_skip; exact IH|]. apply Permutation_middle.
Qed.

(** Every neighbour stands in the forest once. *)
Lemma build_places : forall gs fuel l, (weight l <= fuel)%nat ->
  Permutation (map place l) (places (build fuel gs l)).
Proof.
  intros gs. induction fuel as [|fuel IH]; intros l Hw.
  - destruct l; simpl in *; [constructor|lia].
  - destruct l as [|e r]; [constructor|]. cbn [build].
    destruct (path e) as [|g p] eqn:Hp.
    + simpl. constructor. apply IH. simpl in Hw. lia.
    + pose proof (weight_enter g (e :: r)) as W.
      assert (heads g e = true) as Hg by (apply heads_path; eauto).
      cbn [filter] in W. rewrite Hg in W. cbn [length] in W.
      cbn [places]. etransitivity; [apply (places_split g)|].
      apply Permutation_app; apply IH; lia.
Qed.

Lemma build_sound : forall gs, (forall g, 0 < pace (gs g)) -> forall fuel l,
  (forall e, In e l -> 0 < pace (work e)) -> sound (build fuel gs l).
Proof.
  intros gs Hgs. induction fuel as [|fuel IH]; intros l Hl; [exact I|].
  destruct l as [|e r]; [exact I|]. cbn [build]. destruct (path e) as [|g p].
  - simpl. split; [apply Hl; simpl; auto|]. apply IH. intros; apply Hl; simpl; auto.
  - cbn [sound]. split; [apply Hgs|]. split; apply IH; intros d Hd.
    + apply in_enter in Hd. destruct Hd as (d0&Hd0&_&_&->). auto.
    + apply in_leave in Hd. apply Hl, Hd.
Qed.

(** Counts and plans are two ways to write the same. *)
Lemma count_absent : forall f x j, ~ In j (places f) -> count f x j = 0.
Proof.
  induction f; destruct x; simpl; intros j H; try reflexivity.
  - destruct (Nat.eqb_spec i j); [tauto|]. rewrite IHf by tauto. reflexivity.
  - rewrite in_app_iff in H. rewrite IHf1, IHf2 by tauto. reflexivity.
Qed.

Lemma spread_same : forall f n n', (forall j, In j (places f) -> n j = n' j) -> spread n f = spread n' f.
Proof.
  induction f; simpl; intros n n' H; [reflexivity| |].
  - rewrite (H i) by auto. rewrite (IHf n n') by auto. reflexivity.
  - rewrite (IHf1 n n'), (IHf2 n n'); [reflexivity|..]; intros; apply H; apply in_app_iff; auto.
Qed.

Lemma NoDup_app : forall A (l m : list A), NoDup (l ++ m) ->
  NoDup l /\ NoDup m /\ forall a, In a l -> ~ In a m.
Proof.
  induction l as [|a l IH]; simpl; intros m H.
  - repeat split; [constructor|assumption|tauto].
  - inversion H as [|? ? Ha Hl]; subst. destruct (IH m Hl) as (H1&H2&H3).
    rewrite in_app_iff in Ha. repeat split; [constructor; tauto|assumption|].
    intros b [<-|Hb]; [tauto|auto].
Qed.

Lemma spread_count : forall f x, NoDup (places f) -> fits f x -> spread (count f x) f = x.
Proof.
  induction f; destruct x; simpl; intros Hn Hf; try tauto.
  - inversion Hn as [|? ? Hi Hr]; subst. f_equal.
    + rewrite Nat.eqb_refl, count_absent by assumption. lia.
    + etransitivity; [|apply IHf; assumption]. apply spread_same.
      intros j Hj. destruct (Nat.eqb_spec i j); [congruence|reflexivity].
  - destruct (NoDup_app _ _ _ Hn) as (Hk&Hr&Hd), Hf as (Hx&Hy). f_equal.
    + etransitivity; [|apply IHf1; assumption]. apply spread_same.
      intros j Hj. rewrite (count_absent f2) by auto. lia.
    + etransitivity; [|apply IHf2; assumption]. apply spread_same.
      intros j Hj. rewrite (count_absent f1); [reflexivity|]. intros Hj'. exact (Hd j Hj' Hj).
Qed.
