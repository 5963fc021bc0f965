(** * Instances: the data of the model (section 2)

    Bandwidths in bit/s, times in ns, sizes in byte, all natural numbers.
    Neighbours and groups are named by their places in the lists. *)

From Coq Require Import NArith Lia List Bool Arith.
Import ListNotations.
Local Open Scope N_scope.

Record neighbor := Neighbor {
  bandwidth : N; latency : N; ready : N; overhead : N;
  limit : option N; group : option nat }.

(** A shared capacity, called a group in the model. *)
Record uplink := Uplink { capacity : N; parent : option nat }.

Record instance := Instance {
  state : N; sizes : list N; neighbors : list neighbor; groups : list uplink }.

(** [N], with the place of each neighbour. *)
Definition indexed (I : instance) : list (nat * neighbor) :=
  combine (seq 0 (length (neighbors I))) (neighbors I).

(** [K(s)], the state cut into shards of size [s], the last perhaps short. *)
Definition K (I : instance) (s : N) : N := (state I + s - 1) / s.

(** [a_i]. *)
Definition begins (v : neighbor) : N := ready v + latency v.

(** The groups above a node, the nearest first; [None] where a place does not
    exist or the way up does not end (a cycle). *)
Fixpoint climb (gs : list uplink) (fuel : nat) (g : option nat) : option (list nat) :=
  match g, fuel with
  | None, _ => Some []
  | Some _, O => None
  | Some g, S fuel =>
      match nth_error gs g with
      | None => None
      | Some G => option_map (cons g) (climb gs fuel (parent G))
      end
  end.

Definition way (I : instance) (g : option nat) : option (list nat) :=
  climb (groups I) (length (groups I)) g.

Definition above (I : instance) (v : neighbor) : list nat :=
  match way I (group v) with Some l => l | None => [] end.

(** Neighbour [v] is below group [g], at any depth. *)
Definition below (I : instance) (g : nat) (v : neighbor) : bool :=
  existsb (Nat.eqb g) (above I v).

Definition members (I : instance) (g : nat) : list (nat * neighbor) :=
  filter (fun e => below I g (snd e)) (indexed I).

(** The least of some numbers; 0 if there is none. *)
Fixpoint least_of (l : list N) : N :=
  match l with [] => 0 | [a] => a | a :: r => N.min a (least_of r) end.

(** [a_g], the least [a_i] of the neighbours below. *)
Definition group_begins (I : instance) (g : nat) : N :=
  least_of (map (fun e => begins (snd e)) (members I g)).

(** The sum of [n_i] over some neighbours. *)
Definition sum (l : list (nat * neighbor)) (n : nat -> N) : N :=
  fold_right (fun e t => n (fst e) + t) 0 l.

(** [D] is a chain: strictly increasing, each divides the next. *)
Fixpoint chain (l : list N) : bool :=
  match l with
  | s :: (s' :: _) as r => (s <? s') && (s' mod s =? 0) && chain r
  | _ => true
  end.

Definition valid (I : instance) : bool :=
  (0 <? state I) && (0 <? hd 0 (sizes I)) && chain (sizes I) &&
  forallb (fun v => (0 <? bandwidth v) &&
                    match way I (group v) with Some _ => true | None => false end)
          (neighbors I) &&
  forallb (fun G => (0 <? capacity G) &&
                    match way I (parent G) with Some _ => true | None => false end)
          (groups I).

(** ** What validity says *)

Lemma chain_positive : forall l s, 0 < hd 0 l -> chain l = true -> In s l ->
  0 < s /\ hd 0 l <= s /\ (hd 0 l | s).
Proof.
  induction l as [|a l IH]; [simpl; tauto|]. intros s Ha Hc Hin. simpl in Ha.
  destruct l as [|b l].
  - destruct Hin as [->|[]]. simpl. repeat split; try lia. apply N.divide_refl.
  - cbn [chain] in Hc. apply andb_true_iff in Hc. destruct Hc as (Hc&Hr).
    apply andb_true_iff in Hc. destruct Hc as (Hlt&Hd).
    apply N.ltb_lt in Hlt. apply N.eqb_eq, N.mod_divide in Hd; [|lia].
    destruct Hin as [->|Hin].
    + simpl. repeat split; try lia. apply N.divide_refl.
    + destruct (IH s) as (H1&H2&H3); simpl in *; try assumption; try lia.
      repeat split; try lia. eapply N.divide_trans; eassumption.
Qed.

(** In a chain, the smaller of two sizes divides the larger. *)
Lemma chain_divides : forall l s s', 0 < hd 0 l -> chain l = true ->
  In s l -> In s' l -> s <= s' -> (s | s').
Proof.
  induction l as [|a l IH]; [simpl; tauto|]. intros s s' Ha Hc Hs Hs' Hle.
  assert (Hall := fun s => chain_positive (a :: l) s Ha Hc). simpl in Ha, Hall.
  destruct Hs as [->|Hs]; [apply Hall; simpl; auto|].
  destruct Hs' as [<-|Hs'].
  - destruct (Hall s) as (_&H1&_); [simpl; auto|]. replace s with a by lia. apply N.divide_refl.
  - destruct l as [|b l]; [destruct Hs|].
    cbn [chain] in Hc. apply andb_true_iff in Hc. destruct Hc as (Hc&Hr).
    apply andb_true_iff in Hc. destruct Hc as (Hlt&_). apply N.ltb_lt in Hlt.
    apply IH; try assumption. simpl. lia.
Qed.

Lemma chain_smallest : forall l s, 0 < hd 0 l -> chain l = true -> In s l -> hd 0 l <= s.
Proof. intros l s H1 H2 H3. apply (chain_positive l s H1 H2 H3). Qed.

Record valid_spec (I : instance) : Prop := {
  state_positive : 0 < state I;
  head_positive : 0 < hd 0 (sizes I);
  sizes_chain : chain (sizes I) = true;
  neighbor_valid : forall v, In v (neighbors I) ->
    0 < bandwidth v /\ way I (group v) <> None;
  group_valid : forall g G, nth_error (groups I) g = Some G -> 0 < capacity G }.

Lemma valid_true : forall I, valid I = true -> valid_spec I.
Proof.
  intros I H. unfold valid in H. rewrite !andb_true_iff in H.
  destruct H as ((((H1&H2)&H3)&H4)&H5). rewrite forallb_forall in H4, H5.
  constructor; try apply N.ltb_lt; auto.
  - intros v Hv. apply H4, andb_true_iff in Hv. destruct Hv as (Hb&Hw).
    apply N.ltb_lt in Hb. split; [assumption|]. destruct (way I (group v)); congruence.
  - intros g G HG. apply nth_error_In, H5, andb_true_iff in HG. apply N.ltb_lt, HG.
Qed.

Lemma size_positive : forall I s, valid I = true -> In s (sizes I) -> 0 < s.
Proof.
  intros I s HI Hs. apply valid_true in HI.
  apply (chain_positive (sizes I) s); [apply HI..|assumption].
Qed.

(** [s * n >= S] exactly when [n >= K(s)]. *)
Lemma covers : forall I s n, 0 < s -> (state I <= s * n <-> K I s <= n).
Proof.
  intros I s n Hs. unfold K. split; intros H.
  - apply N.lt_succ_r. apply N.div_lt_upper_bound; nia.
  - pose proof (N.mul_succ_div_gt (state I + s - 1) s ltac:(lia)). nia.
Qed.

Lemma K_positive : forall I s, valid I = true -> In s (sizes I) -> 0 < K I s.
Proof.
  intros I s HI Hs. pose proof (size_positive I s HI Hs) as Hp.
  apply valid_true in HI. destruct HI as [HS _ _ _ _].
  destruct (N.lt_ge_cases 0 (K I s)) as [|H0]; [assumption|exfalso].
  apply covers in H0; lia.
Qed.

Lemma K_antitone : forall I s s', 0 < s -> s <= s' -> K I s' <= K I s.
Proof.
  intros I s s' Hs Hle. apply covers; [lia|].
  pose proof (proj2 (covers I s (K I s) Hs) ltac:(lia)). nia.
Qed.

Lemma indexed_neighbor : forall I i v, In (i, v) (indexed I) -> In v (neighbors I).
Proof. intros I i v H. eapply in_combine_r; exact H. Qed.

Lemma combine_fst : forall A B (l : list A) (m : list B), length l = length m ->
  map fst (combine l m) = l.
Proof.
  induction l; destruct m; simpl; intros H; try congruence. f_equal. auto.
Qed.

Lemma indexed_places : forall I, map fst (indexed I) = seq 0 (length (neighbors I)).
Proof. intros I. apply combine_fst. apply seq_length. Qed.

Lemma climb_above : forall gs fuel g l u h v, climb gs fuel g = Some l ->
  l = u ++ h :: v -> exists fuel', climb gs fuel' (Some h) = Some (h :: v).
Proof.
  induction fuel as [|fuel IH]; intros g l u h v Hc Hl.
  - destruct g; simpl in Hc; [discriminate|]. injection Hc as <-. destruct u; discriminate.
  - destruct g as [g|]; simpl in Hc; [|injection Hc as <-; destruct u; discriminate].
    destruct (nth_error gs g) as [G|] eqn:HG; [|discriminate].
    destruct (climb gs fuel (parent G)) as [l'|] eqn:Hl'; [|discriminate].
    simpl in Hc. injection Hc as <-. destruct u as [|a u]; simpl in Hl.
    + injection Hl as -> ->. exists (S fuel). simpl. rewrite HG, Hl'. reflexivity.
    + injection Hl as -> ->. eapply IH; [exact Hl'|reflexivity].
Qed.

Lemma climb_determined : forall gs fuel fuel' g l l',
  climb gs fuel g = Some l -> climb gs fuel' g = Some l' -> l = l'.
Proof.
  induction fuel as [|fuel IH]; intros fuel' g l l' H H'.
  - destruct g; simpl in H; [discriminate|]. injection H as <-.
    destruct fuel'; simpl in H'; injection H' as <-; reflexivity.
  - destruct g as [g|]; simpl in H.
    + destruct fuel' as [|fuel']; simpl in H'; [discriminate|].
      destruct (nth_error gs g) as [G|]; [|discriminate].
      destruct (climb gs fuel (parent G)) as [m|] eqn:Hm; [|discriminate].
      destruct (climb gs fuel' (parent G)) as [m'|] eqn:Hm'; [|discriminate].
      simpl in H, H'. injection H as <-. injection H' as <-. f_equal. eapply IH; eassumption.
    + injection H as <-. destruct fuel'; simpl in H'; injection H' as <-; reflexivity.
Qed.

Lemma climb_exists : forall gs fuel g l h, climb gs fuel g = Some l -> In h l ->
  exists G, nth_error gs h = Some G.
Proof.
  induction fuel as [|fuel IH]; intros g l h H Hh; destruct g as [g|]; simpl in H;
    try discriminate; try (injection H as <-; destruct Hh; fail).
  destruct (nth_error gs g) as [G|] eqn:HG; [|discriminate].
  destruct (climb gs fuel (parent G)) as [m|] eqn:Hm; [|discriminate].
  injection H as <-. destruct Hh as [<-|Hh]; [eauto|]. eapply IH; eassumption.
Qed.

(** A group that has neighbours below exists. *)
Lemma above_exists : forall I v h, In h (above I v) ->
  exists G, nth_error (groups I) h = Some G.
Proof.
  intros I v h H. unfold above in H. destruct (way I (group v)) as [l|] eqn:Hl; [|destruct H].
  eapply climb_exists; eassumption.
Qed.

(** What stands above a group is the same from each neighbour below it. *)
Lemma above_same : forall I v v' u u' h w w',
  above I v = u ++ h :: w -> above I v' = u' ++ h :: w' -> w = w'.
Proof.
  unfold above, way. intros I v v' u u' h w w' H H'.
  destruct (climb _ _ (group v)) as [l|] eqn:Hl; [|destruct u; discriminate].
  destruct (climb _ _ (group v')) as [l'|] eqn:Hl'; [|destruct u'; discriminate].
  destruct (climb_above _ _ _ _ _ _ _ Hl H) as (f1&H1).
  destruct (climb_above _ _ _ _ _ _ _ Hl' H') as (f2&H2).
  pose proof (climb_determined _ _ _ _ _ _ H1 H2). congruence.
Qed.

Lemma below_above : forall I g v, below I g v = true <-> In g (above I v).
Proof.
  intros I g v. unfold below. rewrite existsb_exists. split.
  - intros (h&Hh&He). apply Nat.eqb_eq in He. congruence.
  - intros H. exists g. split; [assumption|]. apply Nat.eqb_refl.
Qed.
