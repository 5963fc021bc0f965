(** * Extraction

    Natural numbers in binary become Zarith's integers by the standard
    library's own table; four functions that the table leaves as recursion
    over bits are added. *)

From Coq Require Import NArith List.
From Coq Require Extraction ExtrOcamlBasic ExtrOcamlZBigInt.
From Chaos Require Import Server Forest Capacity Greedy Instance Tree Scaling Checker Search.

Extract Constant N.eqb => "Big_int_Z.eq_big_int".
Extract Constant N.leb => "Big_int_Z.le_big_int".
Extract Constant N.ltb => "Big_int_Z.lt_big_int".
Extract Constant N.gcd => "Big_int_Z.gcd_big_int".

Extraction "chaos_verified" valid K scale solve_at solve check nanoseconds.
