#!/bin/sh
# Every block, function, rule and stage of the library says what it takes and gives, where it is from, and shows an
# example that compiles and trains.
. "${srcdir:-.}/tests/std/std.sh"

# What is common knowledge and needs no paper.
plain=" flatten dense maxpool resize mlp mse mae bce bce_logits softmax log_softmax cross_entropy pearson accuracy probe transfer separate \
standardize step_decay per_class rebuilding clamp softsign logsumexp variance norm normalized cosine sort shuffled \
cosines own_place distances covariance hardest_negative off_diagonal standard gaussian_kernel kernel_mean trace solve \
solve_definite logdet eigenvalues singular_values iota eye outer linear times with_products complete normal_log_density \
laplace_log_density bernoulli_log_density categorical_log_density mixture_log_density \
padded convolved pixels_at pool_border avgpool maxpool1d avgpool1d "

# split FILE: for each definition, NAME.doc (the comment above it), NAME.txt (the example in it) and NAME.in (the names
# that the doc must explain: a block's or rule's inputs, a function's arguments without a default).
split() {
  awk -v work="$work" '
    /^#/ { doc = doc $0 "\n"; if ($0 ~ /^#   /) text = text substr($0, 5) "\n"; next }
    /^(block|def|rule|stage) / {
      name = $2; sub(/\(.*/, "", name)
      groups = $0; sub(/^[^(]*/, "", groups)
      if ($1 == "block" || $1 == "rule") { if (match(groups, /\)\(/)) groups = substr(groups, RSTART + 1) }
      sub(/^\(/, "", groups); gsub(/\[[^]]*\]|\{[^}]*\}/, "", groups); sub(/\).*/, "", groups)
      n = split(groups, one, /, */); inputs = ""
      for (i = 1; i <= n; i++) if (one[i] !~ /=/) inputs = inputs one[i] "\n"
      printf "%s", doc >(work "/" name ".doc"); printf "%s", text >(work "/" name ".txt")
      printf "%s", inputs >(work "/" name ".in"); print $1 >(work "/" name ".kind"); print name
    }
    { doc = text = "" }' "$1"
}

# explained NAME INPUT: a line of the doc starts with a list of names that has it: "a, b: [n]", "a: [n], label: a class".
explained() { grep -qE "^# ([a-z_]+(: [^.]*)?, )*$2(, [a-z_]+)*: " "$work/$1.doc"; }

document() {
  [ -s "$work/$1.doc" ] || fail "$1 has no comment"
  [ -s "$work/$1.txt" ] || fail "$1 shows no example"
  while read -r input; do
    if explained "$1" "$input"; then pass; else fail "$1 does not say what '$input' is"; fi
  done <"$work/$1.in"
  if [ "$(cat "$work/$1.kind")" = rule ] || grep -q 'Result: ' "$work/$1.doc"; then pass; else
    fail "$1 does not say what its result is"
  fi
  case $plain in
  *" $1 "*) ;;
  *) if grep -qE '[ (][A-Z][a-zé]+.*(19|20)[0-9][0-9]|^# [0-9]{4}' "$work/$1.doc"; then pass; else
    fail "$1 names no source"
  fi ;;
  esac
}

train() {
  frame "$work/$1.txt" >"$work/$1.crl"
  if (cd "$work" && "$crlc" "$1.crl" --train --data data --out "run-$1" --quiet --threads 1 --epochs 1 --batch 100) \
    >"$work/out" 2>&1 && grep -qE "(^|[^a-z_])$1([^a-z_]|\$)" "$work/$1.txt"; then
    pass
  else
    fail "the example of $1"
    cat "$work/$1.crl" "$work/out"
  fi
}

"$make" "$work/data" 200 60 || exit 1
for file in "$srcdir"/dsl/std/*.crl; do
  for name in $(split "$file"); do
    document "$name"
    train "$name"
  done
done
[ "$(ls "$work"/*.doc | wc -l)" -gt 25 ] || fail "the library's definitions were not found"

# The checks themselves see what they look for.
printf 'crl 1\n\n# Half.\ndef half(v) = v / 2\n' >"$work/poor.crl"
poor=$( (split "$work/poor.crl" >/dev/null; document half) )
for what in "half shows no example" "half does not say what 'v' is" "half does not say what its result is" \
  "half names no source"; do
  case $poor in *"$what"*) pass ;; *) fail "not seen: $what" ;; esac
done
finish
