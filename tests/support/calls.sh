#!/bin/sh
# Who calls whom, by the symbols of the library: no more than a few files call each other in a circle, and a layer of the
# front end needs nothing of those above it.  Every rule is first shown to catch what breaks it.
# usage: calls.sh            (with $srcdir, $builddir; ${NM:-nm})
set -u
srcdir=${srcdir:-.} builddir=${builddir:-.}
most=3

# The layers of the front end, the lowest first: a name, and its files.
layers() {
  echo syntax source ast diag diag_text format format_tree differ
  echo values value blame graph_build
  echo operations operation presence operator reduce
  echo scopes scope
  echo core builtin builtin_array builtin_image builtin_list builtin_measure builtin_rows tables table_rows table_where
  echo evaluation average eval force arguments body instance call compose applied data definition expr field index list repeat weights row_variable
  echo lowering "$(cd "$srcdir/dsl/lower" && ls ./*.c | sed 's,^\./,,; s,\.c$,,' | tr '\n' ' ')"
}

# Reads what nm prints of an archive; prints a line for every broken rule.
problems() {
  awk -v most=$most -v layers="$(layers)" '
    function reach(from, i, k, n, list, seen, at) { # marks all that `from` needs, directly or not
      n = 0; list[n++] = from
      for (i = 0; i < n; i++) {
        at = list[i]
        for (k = 0; k < needs[at]; k++)
          if (!((from, need[at, k]) in reached)) { reached[from, need[at, k]] = 1; list[n++] = need[at, k] }
      }
    }
    BEGIN {
      rows = split(layers, row, "\n")
      for (i = 1; i <= rows; i++) { k = split(row[i], word, " "); title[i] = word[1]; while (k > 1) layer[word[k--]] = i }
    }
    /^[^ ]*\.o:$/ { name[++objects] = substr($1, 1, length($1) - 3); next }
    NF == 2 && $1 == "U" { wanted[++wants] = $2; wanter[wants] = objects }
    NF == 3 && $2 ~ /^[TDBRCVWS]$/ { home[$3] = objects }
    END {
      for (i = 1; i <= wants; i++) {
        from = wanter[i]; to = home[wanted[i]]
        if (!to || to == from) continue
        if ((name[from] in layer) && (name[to] in layer) && layer[name[from]] < layer[name[to]])
          print name[from] " (" title[layer[name[from]]] ") needs " wanted[i] " of " name[to] " (" title[layer[name[to]]] ")"
        if (!((from, to) in edge)) { edge[from, to] = 1; need[from, needs[from]++] = to }
      }
      for (i = 1; i <= objects; i++) reach(i)
      for (i = 1; i <= objects; i++) {
        if (done[i]) continue
        group = name[i]; n = 1
        for (k = i + 1; k <= objects; k++)
          if (((i, k) in reached) && ((k, i) in reached)) { group = group " " name[k]; n++; done[k] = 1 }
        if (n > most) print n " files call each other, more than " most ": " group
      }
    }'
}

passed=0 failed=0

# check NAME EXPECTED TEXT: what the rules must say of what nm prints.
check() {
  found=$(printf '%s\n' "$3" | problems)
  if [ "$found" = "$2" ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "FAIL $1: expected '$2', got '$found'"; fi
}
object() { # NAME DEFINED NEEDED...
  printf '\n%s.o:\n0000000000000000 T %s\n' "$1" "$2"
  shift 2
  for symbol; do printf '                 U %s\n' "$symbol"; done
}
circle=$(object a fa fb printf; object b fb fc; object c fc fd; object d fd fa)
check "a circle of four" "4 files call each other, more than 3: a b c d" "$circle"
check "a circle of three is allowed, and who calls it is none of it" "" \
  "$(object a fa fb; object b fb fc; object c fc fa; object d fd fa)"
check "two files of one name are two" "" "$(object a fa fb; object b fb fc; object a fc fd; object b fd fe; object c fe)"
check "a function of the core that evaluates" "builtin (core) needs eval of eval (evaluation)" \
  "$(object builtin call_sum eval; object eval eval)"
check "evaluation that calls lowering" "call (evaluation) needs call_stage of evaluate (lowering)" \
  "$(object call call_value call_stage; object evaluate call_stage)"

found=$("${NM:-nm}" "$builddir/libcrl.a" 2>/dev/null | problems)
objects=$("${NM:-nm}" "$builddir/libcrl.a" 2>/dev/null | grep -c '\.o:$')
if [ -z "$found" ] && [ "$objects" -gt 50 ]; then
  passed=$((passed + 1))
else
  failed=$((failed + 1))
  printf '%s\n' "$found"
  echo "FAIL the library: the lines above ($objects files read)"
fi
for name in $(layers | cut -d ' ' -f 2-); do # so that the table does not grow old
  [ -f "$srcdir/dsl/syntax/$name.c" ] || [ -f "$srcdir/dsl/eval/$name.c" ] || [ -f "$srcdir/dsl/lower/$name.c" ] ||
    { failed=$((failed + 1)); echo "FAIL there is no file $name.c in dsl/"; }
done
for file in "$srcdir"/dsl/syntax/*.c "$srcdir"/dsl/eval/*.c; do
  name=$(basename "$file" .c)
  case " $(layers | tr '\n' ' ') " in *" $name "*) ;; *) failed=$((failed + 1)); echo "FAIL $file is in no layer" ;; esac
done
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
