(* Words from standard input, with the number of the line for complaints.
   Answers are flushed only when the next word has to be waited for, so that
   a caller may write one question at a time or all of them at once. *)

exception Malformed of int * string

let buffer = Bytes.create 65536
let filled = ref 0
let position = ref 0
let line = ref 1

let fail text = raise (Malformed (!line, text))
let failf format = Printf.ksprintf fail format

let peek () =
  if !position = !filled then begin
    flush stdout;
    filled := input stdin buffer 0 (Bytes.length buffer);
    position := 0
  end;
  if !filled = 0 then None else Some (Bytes.get buffer !position)

let skip () = incr position

let rec skip_space () =
  match peek () with
  | Some '\n' -> skip (); incr line; skip_space ()
  | Some (' ' | '\t' | '\r') -> skip (); skip_space ()
  | _ -> ()

(* The longest number anyone needs is a makespan over the product of all
   bandwidths; a longer word is a mistake, and is refused before it is kept. *)
let longest = 10_000_000

let next () =
  skip_space ();
  let word = Buffer.create 24 in
  let rec collect () =
    match peek () with
    | None | Some (' ' | '\t' | '\r' | '\n') -> ()
    | Some c ->
      if Buffer.length word = longest then failf "a word of more than %d characters" longest;
      Buffer.add_char word c; skip (); collect () in
  collect ();
  if Buffer.length word = 0 then None else Some (Buffer.contents word)

(* A word as it may be shown in one line. *)
let shown word =
  let short = if String.length word > 40 then String.sub word 0 40 ^ "..." else word in
  "\"" ^ String.escaped short ^ "\""

let word what =
  match next () with
  | Some word -> word
  | None -> failf "the input ends where %s should stand" what

(* [after] says where a keyword is expected, if that needs saying. *)
let expect ?(after = "") keyword =
  let wanted = "\"" ^ keyword ^ "\"" ^ after in
  let found = word wanted in
  if found <> keyword then failf "expected %s, found %s" wanted (shown found)

let is_number word =
  let rec digits i = i = String.length word || (word.[i] >= '0' && word.[i] <= '9' && digits (i + 1)) in
  word <> "" && digits 0

(* A natural number of any size. *)
let natural what =
  let found = word what in
  if is_number found then Z.of_string found
  else failf "%s: expected a decimal integer of at least 0, found %s" what (shown found)

let positive what =
  let n = natural what in
  if Z.sign n > 0 then n else failf "%s: expected a decimal integer of at least 1, found 0" what

(* A natural number, or -1 for none. *)
let optional what =
  let found = word what in
  if found = "-1" then None
  else if is_number found then Some (Z.of_string found)
  else failf "%s: expected a decimal integer of at least 0, or -1, found %s" what (shown found)

(* How many of something follow. *)
let size what ~least ~most =
  let n = natural what in
  if Z.lt n (Z.of_int least) || Z.gt n (Z.of_int most)
  then failf "%s: expected %d to %d, found %s" what least most (shown (Z.to_string n));
  Z.to_int n
