(** * Extraction

    Natural numbers, binary and unary, become Zarith's integers by the
    standard library's own tables; five functions that the tables leave as
    recursion are added. *)

From Coq Require Import NArith PArith List.
From Coq Require Extraction ExtrOcamlBasic ExtrOcamlZBigInt ExtrOcamlNatBigInt.
From Chaos Require Import Instance Fast.

Extract Constant N.eqb => "Big_int_Z.eq_big_int".
Extract Constant N.leb => "Big_int_Z.le_big_int".
Extract Constant N.ltb => "Big_int_Z.lt_big_int".
Extract Constant N.gcd => "Big_int_Z.gcd_big_int".
Extract Constant Pos.of_succ_nat => "Big_int_Z.succ_big_int".

Extraction "chaos_verified" prepare K fast_solve_at fast_solve fast_check fast_nanoseconds.
