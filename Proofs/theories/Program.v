(** * The programs of the model (sections 3 and 4.4), word for word

    Times are rational numbers.  [n i], [y i], [w g] belong to neighbour [i]
    and group [g]; binary variables are [true] and [false], read as 1 and 0. *)

From Coq Require Import NArith ZArith QArith List Bool.
From Chaos Require Import Instance Scaling.
Import ListNotations.

(** A natural number as a rational one. *)
Definition rat (n : N) : Q := inject_Z (Z.of_N n).

Local Coercion N.b2n : bool >-> N.
Local Coercion rat : N >-> Q.
Local Open Scope Q_scope.

(** [s_1]. *)
Definition smallest (I : instance) : N := hd 0%N (sizes I).

(** [m_g], the shards from neighbours below [g]. *)
Definition m (I : instance) (n : nat -> N) (g : nat) : N := sum (members I g) n.

(** The constraints that the MINLP and the MILPs share.  For the MILP, [s] is
    a constant; for the MINLP it is a variable, and the products of [s] with
    [n i] are bilinear. *)
Record program (I : instance) (s : N) (T : Q) (n : nat -> N) (y w : nat -> bool) : Prop := {
  covered : (state I <= s * sum (indexed I) n)%N;
  neighbor_done : forall i v, In (i, v) (indexed I) ->
    begins v * y i + overhead v * n i + (bits / bandwidth v) * s * n i <= T;
  group_done : forall g G, nth_error (groups I) g = Some G ->
    group_begins I g * w g + (bits / capacity G) * s * m I n g <= T;
  within_limit : forall i v u, In (i, v) (indexed I) -> limit v = Some u ->
    (s * n i <= u)%N;
  opened : forall i v, In (i, v) (indexed I) -> (n i <= K I (smallest I) * y i)%N;
  opened_above : forall i v g, In (i, v) (indexed I) -> below I g v = true ->
    (y i <= w g)%N }.

(** The MILP for the size [s]. *)
Definition milp (I : instance) (s : N) (T : Q) (n : nat -> N) : Prop :=
  exists y w, program I s T n y w.

(** [Σ_k z_k] and [Σ_k s_k z_k]. *)
Fixpoint ones (z : list bool) : N :=
  match z with [] => 0 | b :: z => b + ones z end.
Fixpoint chosen (D : list N) (z : list bool) : N :=
  match D, z with s :: D, b :: z => s * b + chosen D z | _, _ => 0 end.

(** The MINLP: the size is a variable too. *)
Definition minlp (I : instance) (T : Q) (s : N) (n : nat -> N) : Prop :=
  exists z y w, length z = length (sizes I) /\ ones z = 1%N /\ s = chosen (sizes I) z /\
                program I s T n y w.

(** [T] is the least of the times that [P] allows. *)
Definition minimal (P : Q -> Prop) (T : Q) : Prop := P T /\ forall T', P T' -> T <= T'.

(** [T*(s)], and the optimum of the MINLP. *)
Definition milp_optimum (I : instance) (s : N) : Q -> Prop :=
  minimal (fun T => exists n, milp I s T n).
Definition minlp_optimum (I : instance) : Q -> Prop :=
  minimal (fun T => exists s n, minlp I T s n).
