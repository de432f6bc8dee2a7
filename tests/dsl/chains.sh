#!/bin/sh
# Long chains of names compile on a small stack, in any order of the text; what no order of evaluation helps is refused
# with its place, and so is a circle.
builddir=${builddir:-$PWD}
work=$(mktemp -d "$builddir/chains.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0
small=1024 usual=8192 # kB of stack
# Sanitizers make every call's share of the stack many times as large.
if grep -q __asan_init "$builddir/crlc"; then small=16384 usual=131072; fi

verdict() { # status, what
  if [ "$1" -eq 0 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "failed: $2"; fi
}

# A model of 20,000 names, each made of the one before: what is before the name, the initial value, before and after the
# earlier name in the others; how the last is used; and a program that orders the lines.
chain() {
  {
    echo 'crl 1'
    echo 'data digits = mnist'
    echo 'view x = flatten(digits.image) / 255'
    awk -v start="$1" -v first="$2" -v left="$3" -v right="$4" 'BEGIN {
      print start "a0 = " first
      for (i = 1; i < 20000; i++) print start "a" i " = " left "a" i - 1 right
    }' | $6
    echo 'h = x -> dense(3)'
    echo "minimize { l = mean(sq(h)) * mean($5) }"
    echo 'train { epochs 1  batch 100  optimizer sgd(lr = 0.1) }'
  } >"$work/chain.crl"
  (ulimit -s "${stack:-$small}" && "$builddir/crlc" "$work/chain.crl") >/dev/null 2>"$work/err"
}

for order in 'cat' 'sort -r' 'sort -t0 -k2'; do
  chain '' 1 '' ' + 1' '[a19999]' "$order"; verdict $? "numbers, $order"
  chain '' 'sum(sq(x))' '' ' + 1' a19999 "$order"; verdict $? "arrays, $order"
  chain 'view ' x '' ' + 1' a19999 "$order"; verdict $? "views, $order"
  chain 'def ' 1 '' ' + 1' '[a19999]' "$order" # each is a call within a call
  [ $? -eq 1 ] && grep -q 'chain.crl:[0-9]*:[0-9]*: error\[E0310\]: calls are nested more than 100 deep' "$work/err"
  verdict $? "functions without arguments, $order"
  chain 'option ' 1 '' '' '[a19999]' "$order"; verdict $? "options, $order"
done

chain '' a19999 '' ' + 1' a19999 'sort -r'
[ $? -eq 1 ] && grep -q "chain.crl:[0-9]*:1: error\[E0203\]: 'a[0-9]*' is defined by itself" "$work/err"
verdict $? 'a circle'

# A chain within one expression: how it begins, what is repeated, the number of times.  It compiles, and so does what the
# formatter makes of it, which is laid out already.
long() {
  {
    echo 'crl 1'
    echo 'data digits = mnist'
    echo 'view x = flatten(digits.image) / 255'
    echo 'h = x -> dense(3)'
    awk -v first="$1" -v again="$2" -v n="$3" 'BEGIN { printf "%s", first; for (i = 0; i < n; i++) printf "%s", again }'
    echo
    echo 'minimize { l = mean(sq(k)) }'
    echo 'train { epochs 1  batch 100  optimizer sgd(lr = 0.1) }'
  } >"$work/long.crl"
  (ulimit -s "$small" && "$builddir/crlc" "$work/long.crl" && "$builddir/crlc" --fmt "$work/long.crl" &&
   cp "$work/long.crl" "$work/once.crl" && "$builddir/crlc" --fmt "$work/long.crl" && cmp "$work/long.crl" "$work/once.crl" &&
   "$builddir/crlc" "$work/long.crl") >/dev/null 2>"$work/err"
}

long 'k = h' ' + h' 20000; verdict $? 'a long sum'
long 'k = h' ' - 2 * h / 3' 20000; verdict $? 'a sum of products'
long 'k = h' ' -> tanh' 20000; verdict $? 'a long pipeline'
long 'k = h' ' -> dense(3)' 1000; verdict $? 'a thousand layers'
long 'k = (h -> dense(3)' ' -> relu -> dense(3)' 400
[ $? -eq 1 ] && grep -q 'long.crl:[0-9]*:[0-9]*: error\[E01' "$work/err"; verdict $? 'a bracket that is not closed'
long 'enc = dense(3)' ' -> tanh' 5000
[ $? -eq 1 ] && grep -q "unknown name 'k'" "$work/err"; verdict $? 'a long pipeline that is a block'
long 'k = h' ' + nothing' 20000
[ $? -eq 1 ] && [ "$(grep -c "unknown name 'nothing'" "$work/err")" -eq 20 ]; verdict $? '20,000 mistakes in one sum'
long 'k = h' ' + (h' 300
[ $? -eq 1 ] && grep -q 'long.crl:[0-9]*:[0-9]*: error\[E01' "$work/err"; verdict $? 'brackets within each other'

long 'k = 1' ' + 1' 100000
[ $? -eq 1 ] && grep -q 'error\[E0' "$work/err"; verdict $? 'a very long sum of numbers, which is no loss'
long 'data d = split(mnist, validation = 0' ' + 1' 100000
[ $? -eq 1 ] && grep -q 'error\[E0' "$work/err"; verdict $? 'a very long sum in a data statement'

stack=$usual
chain '' 1 'if true then ' ' else 2' '[a19999]' 'sort -r'
[ $? -eq 1 ] && grep -q 'chain.crl:[0-9]*:[0-9]*: error\[E0310\]: expressions need each other more than' "$work/err"
verdict $? 'a chain through branches'

awk 'BEGIN {
  print "crl 1\ndata digits = mnist\nview x = flatten(digits.image) / 255"
  for (i = 0; i < 20000; i++) print "b" i " = c" i
}' >"$work/unknown.crl"
"$builddir/crlc" "$work/unknown.crl" >/dev/null 2>"$work/err"
[ $? -eq 1 ] && [ "$(grep -c 'E0201' "$work/err")" -eq 20 ]
verdict $? '20,000 unknown names'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
