(* The verified oracle: reads questions about instances, answers each in one
   line.  Everything that decides is Chaos_verified, extracted from the Coq
   development; here the text is read and the answers are printed. *)

module V = Chaos_verified

(* What is refused rather than waited for: the extracted greedy gives one
   shard at a time, the neighbours of a group are found by walking along all
   that could be, and every time is a multiple of one tick, whose fraction of a
   nanosecond has as many bits as all different bandwidths together. *)
let most_shards = Z.of_int 10_000_000
let most_neighbors = 50_000
let most_groups = 10_000
let most_sizes = 10_000
let most_bits = 4_000_000_000

(* [count] items, read in their order. *)
let items count read =
  let rec go i sofar = if i = count then List.rev sofar else go (i + 1) (read i :: sofar) in
  go 0 []

let read_sizes () =
  Tokens.expect "sizes";
  let count = Tokens.size "number of sizes" ~least:1 ~most:most_sizes in
  let previous = ref Z.one in
  items count (fun i ->
    let s = Tokens.positive "shard size" in
    if i > 0 && (Z.leq s !previous || not (Z.divisible s !previous)) then
      Tokens.failf "shard size %s: expected a larger multiple of the size before it, %s"
        (Z.to_string s) (Z.to_string !previous);
    previous := s;
    s)

(* A group's place or none. *)
let read_group what count =
  match Tokens.optional what with
  | Some g when Z.geq g (Z.of_int count) ->
    Tokens.failf "%s: expected -1 or the place of one of the %d groups, found %s"
      what count (Tokens.shown (Z.to_string g))
  | place -> place

let read_groups () =
  Tokens.expect "groups";
  let count = Tokens.size "number of groups" ~least:0 ~most:most_groups in
  items count (fun _ ->
    let capacity = Tokens.positive "bandwidth of a group" in
    { V.capacity; parent = read_group "parent of a group" count })

let read_neighbors groups =
  Tokens.expect "neighbors";
  let count = Tokens.size "number of neighbours" ~least:0 ~most:most_neighbors in
  items count (fun _ ->
    let bandwidth = Tokens.positive "bandwidth of a neighbour" in
    let latency = Tokens.natural "latency" in
    let ready = Tokens.natural "ready time" in
    let overhead = Tokens.natural "overhead" in
    let limit = Tokens.optional "limit" in
    let group = read_group "group of a neighbour" groups in
    { V.bandwidth; latency; ready; overhead; limit; group })

let read_instance () =
  let state = Tokens.positive "size of the state" in
  let sizes = read_sizes () in
  let groups = read_groups () in
  let neighbors = read_neighbors (List.length groups) in
  match V.prepare { V.state; sizes; neighbors; groups } with
  | None ->
    (* All else that makes an instance valid has been asked above, with a better message. *)
    Tokens.fail "the parents of the groups run in a cycle; every group must lead to a root"
  | Some prepared ->
    let bits = List.length neighbors * Z.numbits prepared.V.common in
    if bits > most_bits then
      Tokens.failf "the bandwidths have too little in common: exact times of all neighbours take %d bits, more than %d"
        bits most_bits;
    prepared

let print_answer prepared ~with_size answer =
  match answer with
  | None -> print_string "infeasible\n"
  | Some { V.size; ticks_of; served } ->
    let p, q = V.fast_nanoseconds prepared ticks_of in
    let numbers = p :: q :: served in
    let numbers = if with_size then size :: numbers else numbers in
    print_string ("plan " ^ String.concat " " (List.map Z.to_string numbers) ^ "\n")

let refuse_many prepared size =
  let shards = V.k prepared.V.given size in
  if Z.gt shards most_shards then
    Tokens.failf "%s shards of size %s: this greedy gives them one at a time and takes at most %s"
      (Z.to_string shards) (Z.to_string size) (Z.to_string most_shards)

let reason = function
  | V.SizeNotInChain -> "the size is not in the chain"
  | V.CountsMissing -> "there is not one count for each neighbour"
  | V.TotalNotK -> "the counts do not add up to the number of shards"
  | V.LimitPassed -> "a limit is passed"
  | V.MakespanNotExact -> "the makespan is not exact"

let check prepared neighbours =
  let size = Tokens.natural "shard size" in
  let p = Tokens.natural "numerator of the makespan" in
  let q = Tokens.positive "denominator of the makespan" in
  let counts = items neighbours (fun i ->
    Tokens.natural (Printf.sprintf "number of shards of neighbour %d of %d" (i + 1) neighbours)) in
  (* Read before anything is answered: a verdict is about all that was written. *)
  Tokens.expect ~after:(Printf.sprintf " after the counts of %d neighbours" neighbours) "done";
  print_string (match V.fast_check prepared size p q counts with
    | V.Optimal -> "optimal\n"
    | V.Feasible -> "feasible\n"
    | V.Wrong r -> "wrong " ^ reason r ^ "\n")

let rec commands prepared neighbours =
  match Tokens.word "a command or \"end\"" with
  | "end" -> ()
  | "greedy" ->
    let size = Tokens.natural "shard size" in
    if not (List.exists (Z.equal size) prepared.V.given.sizes) then
      Tokens.failf "shard size: expected a size of the chain, found %s"
        (Tokens.shown (Z.to_string size));
    refuse_many prepared size;
    print_answer prepared ~with_size:false (V.fast_solve_at prepared size);
    commands prepared neighbours
  | "solve" ->
    refuse_many prepared (List.hd prepared.V.given.sizes);
    print_answer prepared ~with_size:true (V.fast_solve prepared);
    commands prepared neighbours
  | "check" -> check prepared neighbours; commands prepared neighbours
  | other ->
    Tokens.failf "expected \"greedy\", \"solve\", \"check\" or \"end\", found %s" (Tokens.shown other)

let rec instances () =
  match Tokens.next () with
  | None -> ()
  | Some "instance" ->
    let prepared = read_instance () in
    commands prepared (List.length prepared.V.given.neighbors);
    instances ()
  | Some other -> Tokens.failf "expected \"instance\", found %s" (Tokens.shown other)

let () =
  let stop line text =
    Printf.printf "error %d: %s\n" line text;
    exit 5 in
  if Array.length Sys.argv > 1 then begin
    prerr_endline "chaos-oracle: reads from standard input and takes no argument";
    exit 5
  end;
  match instances () with
  | () -> ()
  | exception Tokens.Malformed (line, text) -> stop line text
  | exception Stack_overflow -> stop !Tokens.line "the instance is too large for the stack of this process"
  | exception Out_of_memory -> stop !Tokens.line "the instance is too large for the memory of this process"
