#!/bin/sh
# The house rules that a machine can read: who may include whom, how long a file may be, and that no file speaks of
# the machine it was written on.  Every rule is first shown to catch a file that breaks it.
# usage: includes.sh            (with $srcdir; $CRL_GENERATED names generated files, which are left out)
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}

# One line for each layer: the layer, then the layers it may include besides itself.
arrows='
lib     include grammar dsl/syntax dsl/lower session train store exec data graph op base
cli     grammar dsl/syntax dsl/lower session train exec data report graph op base
grammar dsl/syntax base
dsl/syntax base
dsl/eval  dsl/syntax graph pass op base
dsl/lower dsl/eval dsl/syntax graph pass op base
graph   op base
op      base
base
pass    graph op base
plan    graph op base
kern    op base
exec    plan kern graph op base
data    base
store   base
eval    base
report  base
train   exec data store eval report graph plan pass kern op base
session train exec data store report graph kern op base
'
longest=700

# Project files below a tree, as relative paths: what is written by hand and is text.
files() {
  (cd "$1" && find . -type d \( -name .git -o -name .deps -o -name autom4te.cache -o -name build-aux -o -name '_*' \
    -o -name 'crlc-*' -o -name runs -o -name data -path ./data \) -prune -o -type f \( -name '*.[chly]' -o -name '*.def' \
    -o -name '*.crl' -o -name '*.sh' -o -name '*.mk' -o -name '*.md' -o -name Makefile.am -o -name configure.ac \
    -o -name bootstrap -o -path ./.ci/run \) -print) | sed 's,^\./,,' | sort |
    while read -r file; do
      case " ${CRL_GENERATED:-} config.h " in *" $file "*) ;; *) printf '%s\n' "$file" ;; esac
    done
}

# Prints one line for every broken rule in a tree.
problems() {
  files "$1" >"$work/list"
  (
    cd "$1" || exit 1
    grep -E '\.([chly]|def)$' "$work/list" | grep -Ev '^tests/' | while read -r file; do
      sed -n 's/^[ \t]*#[ \t]*include[ \t]*"\([^"]*\)".*/\1/p' "$file" | sed "s,^,$file ,"
    done | awk -v arrows="$arrows" '
      function layer(path, part, n) { # the folder; of dsl/ the folder in it
        sub(/^runtime\//, "", path)
        n = split(path, part, "/")
        return part[1] == "dsl" && n > 2 ? part[1] "/" part[2] : n > 1 ? part[1] : ""
      }
      BEGIN {
        n = split(arrows, line, "\n")
        for (i = 1; i <= n; i++) {
          k = split(line[i], word, " ")
          if (k) { known[word[1]] = 1; for (j = 1; j <= k; j++) may[word[1], word[j]] = 1 }
        }
      }
      {
        from = layer($1); to = layer($2)
        if (!(from in known)) print $1 ": the layer \"" from "\" is not in the table of tests/support/includes.sh"
        else if (to != "" && !((from, to) in may)) print $1 ": " from " may not include \"" $2 "\""
      }'
    grep -E '^runtime/kern/reference[^/]*\.[ch]$' "$work/list" | while read -r file; do
      grep -E '^[ \t]*#[ \t]*include[ \t]*"' "$file" | grep -Ev '"(kern/(kern|reference)\.h|base/|op/)' |
        sed "s,^,$file: a reference kernel shares nothing with fast ones: ,"
    done
    grep -E '\.([chly]|sh|def)$' "$work/list" | while read -r file; do
      lines=$(wc -l <"$file")
      [ "$lines" -le $longest ] || echo "$file: $lines lines, more than $longest"
    done
    while read -r file; do
      grep -nE '(^|[^A-Za-z0-9_.~}-])/(work|home|root|Users)/|/tmp/(brief|claude)' "$file" | sed "s,^,$file: a path of one machine: ,"
    done <"$work/list"
  )
}

work=$(mktemp -d "$builddir/includes.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
passed=0 failed=0

# check NAME EXPECTED: the first is the case, the second what the rules must say of the tree in $work/tree.
check() {
  found=$(problems "$work/tree")
  case $found in
  *"$2"*) passed=$((passed + 1)) ;;
  *) failed=$((failed + 1)); echo "FAIL $1: expected '$2', got '$found'" ;;
  esac
  rm -rf "$work/tree"
}

mkdir -p "$work/tree/runtime/kern" && echo '#include "graph/graph.h"' >"$work/tree/runtime/kern/bad.c"
check "kern must not know graph" 'kern may not include "graph/graph.h"'
mkdir -p "$work/tree/runtime/base" && echo '  # include "data/idx.h"' >"$work/tree/runtime/base/bad.h"
check "nothing points back" 'base may not include "data/idx.h"'
mkdir -p "$work/tree/dsl/syntax" && echo '#include "dsl/eval/value.h"' >"$work/tree/dsl/syntax/bad.c"
check "syntax knows no values" 'dsl/syntax may not include "dsl/eval/value.h"'
mkdir -p "$work/tree/cellar" && echo '#include "base/arena.h"' >"$work/tree/cellar/bad.c"
check "a layer without a rule" 'the layer "cellar" is not in the table'
mkdir -p "$work/tree/dsl" && awk 'BEGIN { for (i = 0; i < 701; i++) print "" }' >"$work/tree/dsl/long.c"
check "a long file" 'dsl/long.c: 701 lines'
mkdir -p "$work/tree/tests/x" && echo 'open /'home'/somebody/file' >"$work/tree/tests/x/bad.sh"
check "a path of one machine" 'tests/x/bad.sh: a path of one machine: 1'

mkdir -p "$work/tree/runtime/kern" && echo '#include "kern/inner.h"' >"$work/tree/runtime/kern/reference_bad.c"
check "a reference kernel with the fast kernels' geometry" 'reference_bad.c: a reference kernel shares nothing'

mkdir -p "$work/tree/runtime/train" && echo '#include "exec/exec.h"' >"$work/tree/runtime/train/good.c"
found=$(problems "$work/tree")
if [ -z "$found" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL a good file: $found"; fi
rm -rf "$work/tree"

found=$(problems "$srcdir")
if [ -z "$found" ] && [ "$(wc -l <"$work/list")" -gt 10 ]; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  printf '%s\n' "$found"
  echo "FAIL the tree: the lines above ($(wc -l <"$work/list") files read)"
fi
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
