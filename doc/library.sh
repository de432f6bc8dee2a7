#!/bin/sh
# usage: doc/library.sh >doc/library.md
# The reference of the library from the comments of dsl/std/*.crl, and of the functions of the core from the table in
# dsl/eval/builtin.c.  A test compares its output with the file.
set -eu
cd "$(dirname "$0")/.."

cat <<'END'
# The library

<!-- made by doc/library.sh from dsl/std/*.crl and dsl/eval/builtin.c: edit those -->

What a model file can use without saying so. The library is written in the language itself; a file that defines the same
name uses its own. Shapes are those of one row.

END

for file in layers images sequences functions matrices losses distributions multiview measures optimizers; do
  awk '
    function flush() { if (open) print "```"; open = 0 }
    /^crl / { next }
    /^#/ {
      line = $0; sub(/^# ?/, "", line)
      doc[++n] = line; next
    }
    /^(block|def|rule|stage) / {
      head = $0; sub(/ *\{$/, "", head)
      if ($1 == "def") sub(/\) = .*/, ")", head)
      name = $2; sub(/\(.*/, "", name)
      print "### " name "\n\n```\n" head "\n```\n"
      code = 0
      for (i = 1; i <= n; i++) {
        if (doc[i] ~ /^  /) { if (!code) print "```crl"; code = 1; sub(/^  /, "", doc[i]); print doc[i]; continue }
        if (code) print "```"; code = 0
        gsub(/</, "\\&lt;", doc[i]); gsub(/\*/, "\\*", doc[i]); gsub(/_/, "\\_", doc[i])
        print doc[i]
      }
      if (code) print "```"
      print ""
      titled = 1; n = 0; next
    }
    /^$/ {
      if (n && !titled) { t = doc[1]; sub(/:.*|\.$/, "", t); print "## " t "\n"; rest = doc[1]
        sub(/^[^:]*: */, "", rest); if (rest != doc[1]) print toupper(substr(rest, 1, 1)) substr(rest, 2)
        for (i = 2; i <= n; i++) print doc[i]
        print ""; titled = 1 }
      n = 0; next
    }
    { n = 0 }' "dsl/std/$file.crl"
done

cat <<'END'
## Functions of the core

What the library is written with. A parameter with `?` may be left out; a name without parameters is read, not called.

| function | result |
|---|---|
END
awk '
  /^const struct builtin builtins/ { inside = 1; next }
  /^};/ { inside = 0 }
  inside { text = text $0 }
  END {
    gsub(/\\"/, "\001", text); gsub(/" *"/, "", text)
    while (match(text, /(ONE\(|\{)"[^"]*"[^"]*("[^"]*")?[^"]*"[^"]*"(\)|\}),/)) {
      entry = substr(text, RSTART, RLENGTH); text = substr(text, RSTART + RLENGTH)
      k = split(entry, part, "\"")
      parameters = entry ~ /^ONE/ ? "v" : k > 5 ? part[4] : ""
      doc = part[k - 1]
      gsub(/\001/, "\"", doc); gsub(/\|/, "\\|", doc)
      print "| `" part[2] (parameters != "" ? "(" parameters ")" : "") "` | " doc " |"
    }
  }' dsl/eval/builtin.c
cat <<'END'

`batch` and `space` stand for axes in reductions: the current rows, and all axes of a row but the first. `pi`, `true` and
`false` are what they say. In the body of a block, `training` says in which mode it is applied.
END
