#!/bin/sh
# Every keyword changes the program: each argument with a default of each definition of the library, and each setting of the
# grammar's statements that train, measure and show.  What has no case here fails, so that nothing new is accepted and then
# ignored.  Cases are data:
#   keywords.cases    NAME KEYWORD VALUE     the library's own example of NAME, with and without `KEYWORD = VALUE`
#                       indented lines       another text in the place of the example
#                     NAME KEYWORD - REASON  it need not change anything
#   settings.cases    == ALTERNATIVE         of the grammar's rules, as they stand in crl.y
#                     lines, --, lines       two texts, of which the second says it or says another value
#                     - REASON               it sets nothing
. "${srcdir:-.}/tests/std/std.sh"
digest=$builddir/tests/std/program_digest

# program FILE: what a text comes to, in the model around an example, and with its variant `bare` where it has that.
program() {
  frame "$1" >"$1.crl"
  "$digest" "$1.crl" $(grep -o '^variant bare' "$1" | cut -d' ' -f2) >"$1.digest" 2>"$1.err"
}

# differ WHAT A B
differ() {
  if ! program "$2"; then
    fail "$1: $(cat "$2.err")"
  elif ! program "$3"; then
    fail "$1: $(cat "$3.err")"
  elif cmp -s "$2.digest" "$3.digest"; then
    fail "$1 changes nothing"
  else
    pass
  fi
}

# ---- the library ----

# For each argument with a default, "NAME KEYWORD"; and each definition's example in NAME.txt.
arguments() {
  awk -v work="$work" '
    /^#/ { if ($0 ~ /^#   /) text = text substr($0, 5) "\n"; next }
    /^(block|def|rule|stage) / {
      name = $2; sub(/\(.*/, "", name); printf "%s", text >(work "/" name ".txt"); text = ""
      head = substr($0, index($0, "(")); depth = 0; word = ""
      for (i = 1; i <= length(head); i++) {
        c = substr(head, i, 1)
        if (c ~ /[({[]/) depth++
        if (c ~ /[)}\]]/) depth--
        if (c == "(" && depth == 1) continue
        if ((c == "," && depth == 1) || depth == 0) {
          if (match(word, /^ *[a-z_0-9]+ = /)) { sub(/ = .*/, "", word); sub(/^ */, "", word); print name, word }
          word = ""
          if (depth == 0 && substr(head, i + 1, 1) != "(") break
        } else word = word c
      }
      next
    }
    { text = "" }' "$srcdir"/dsl/std/*.crl
}

# with NAME KEYWORD VALUE: the text in which the first call of NAME says this value of the keyword.
with() {
  awk -v name="$1" -v keyword="$2" -v value="$3" '
    { all = all $0 "\n" }
    END {
      said = keyword " = " value; from = 1
      while ((at = index(substr(all, from), name)) > 0) {
        at += from - 1; after = substr(all, at + length(name), 1)
        if (substr(all, at - 1, 1) !~ /[a-z_0-9.]/ && after !~ /[a-z_0-9]/) break
        from = at + 1
      }
      end = at + length(name)
      if (after != "(") { printf "%s(%s)%s", substr(all, 1, end - 1), said, substr(all, end); exit }
      for (i = end; i <= length(all); i++) {
        c = substr(all, i, 1)
        if (c ~ /[({[]/) depth++
        if (c ~ /[)}\]]/ && --depth == 0) break
      }
      given = substr(all, end + 1, i - end - 1)
      if (match(given, "(^|, )" keyword " = ")) {
        before = substr(given, 1, RSTART - 1); rest = substr(given, RSTART + RLENGTH)
        given = (before == "" ? "" : before ", ") said (index(rest, ", ") ? substr(rest, index(rest, ", ")) : "")
      } else given = given (given == "" ? "" : ", ") said
      printf "%s%s%s", substr(all, 1, end), given, substr(all, i)
    }'
}

arguments | while read -r name keyword; do
  grep -qE "^$name $keyword " "$srcdir/tests/std/keywords.cases" || echo "$name $keyword"
done >"$work/missing"
while read -r missing; do fail "'$missing' has no case in keywords.cases"; done <"$work/missing"
arguments >"$work/known"
[ "$(wc -l <"$work/known")" -gt 100 ] || fail "the library's arguments were not found"

# For each case a file NAME.KEYWORD with its own text, which may be empty; prints its line.
awk -v work="$work" '
  /^#/ || /^$/ { next }
  /^ / { sub(/^  /, ""); print >(work "/" at); next }
  { at = $1 "." $2; printf "" >(work "/" at); print }' "$srcdir/tests/std/keywords.cases" >"$work/cases"
while read -r name keyword value; do
  at=$work/$name.$keyword
  grep -qx "$name $keyword" "$work/known" || fail "'$name $keyword' is no argument of the library"
  case $value in -\ *) continue ;; esac
  [ -s "$at" ] || cp "$work/$name.txt" "$at"
  with "$name" "$keyword" "$value" <"$at" >"$at.said"
  differ "$name($keyword = $value)" "$at" "$at.said"
done <"$work/cases"

# ---- the grammar ----

# alternatives RULE: one a line, without names of values and without actions.
alternatives() {
  awk -v rule="$1" '
    $0 ~ "^" rule ":" { on = 1; sub(/^[a-z_]*:/, "|") }
    on && /^;/ { exit }
    on && /^[|]|^  [A-Za-z'"'"'%]/ {
      line = $0; sub(/\{ .*/, "", line); gsub(/\[[a-z]*\]/, "", line); sub(/%prec.*/, "", line); sub(/%empty/, "", line)
      n = split(line, one, "|")
      for (i = 1; i <= n; i++) { gsub(/^ +| +$|;.*/, "", one[i]); gsub(/  +/, " ", one[i]); if (one[i] != "") print one[i] }
    }
    on && /;[^}]*$/ { exit }' "$srcdir/grammar/crl.y"
}
{
  for rule in train_item setting interval best better optional_after; do
    alternatives "$rule" | sed "s/^/$rule: /"
  done
  alternatives statement | grep -E '^(MINIMIZE|MAXIMIZE|TRAIN|EVALUATE|WATCH|SHOW|STAGE|WITHOUT)|WEIGHT' | sed 's/^/statement: /'
} | grep -v 'error SYNC' >"$work/alternatives"
[ "$(wc -l <"$work/alternatives")" -gt 30 ] || fail "the grammar's alternatives were not found"
while read -r line; do
  grep -qxF "== $line" "$srcdir/tests/std/settings.cases" || fail "'$line' has no case in settings.cases"
done <"$work/alternatives"
grep '^== ' "$srcdir/tests/std/settings.cases" | sed 's/^== //' | while read -r line; do
  grep -qxF "$line" "$work/alternatives" || echo "$line"
done >"$work/missing"
while read -r missing; do fail "'$missing' is no alternative of the grammar"; done <"$work/missing"

awk -v work="$work" '
  /^#/ { next }
  /^== / { n++; part = 1; print substr($0, 4) >(work "/" n ".title"); next }
  /^- / { print >(work "/" n ".why"); next }
  /^--$/ { part = 2; next }
  n { print >(work "/" n "." part) }
  END { print n >(work "/count") }' "$srcdir/tests/std/settings.cases"
for n in $(seq "$(cat "$work/count")"); do
  [ -e "$work/$n.why" ] || differ "$(cat "$work/$n.title")" "$work/$n.1" "$work/$n.2"
done

# The test sees what it looks for: a keyword that nothing reads.
printf 'h = x -> flatten -> twice -> dense(2)\ndef twice(v, slope = 1) = v + v\n' >"$work/idle"
with twice slope 3 <"$work/idle" >"$work/idle.said"
found=$(differ twice "$work/idle" "$work/idle.said")
if [ "$found" = "FAIL twice changes nothing" ]; then pass; else fail "a keyword that nothing reads is not seen: $found"; fi
finish
