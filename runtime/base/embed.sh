#!/bin/sh
# usage: embed.sh NAME FILE... >FILE.c
# Writes files as an array of strings called NAME (base/embedded.h).  One literal a line; a question mark is escaped: C11
# still has trigraphs.
set -eu
name=$1
shift
echo "/* Made by runtime/base/embed.sh: edit instead $*. */"
echo '#include "base/embedded.h"'
echo
echo "const struct embedded ${name}[] = {"
for file; do
  base=${file##*/}
  printf '  {"%s", ""\n' "${base%.*}"
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/   "/' -e 's/$/\\n"/' "$file"
  echo '  },'
done
echo '  {NULL, NULL},'
echo '};'
