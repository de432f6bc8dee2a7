#!/bin/sh
# usage: embed.sh FILE.crl... >std_text.c
# Writes the files as C strings, one literal a line.  A question mark is escaped, too: C11 still has trigraphs.
set -eu
echo '/* Made by dsl/embed.sh from dsl/std: edit the .crl files instead. */'
echo '#include "dsl/std_text.h"'
echo
echo 'const struct std_file std_files[] = {'
for file; do
  printf '  {"%s", ""\n' "$(basename "$file" .crl)"
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/?/\\?/g' -e 's/^/   "/' -e 's/$/\\n"/' "$file"
  echo '  },'
done
echo '};'
echo
echo 'const size_t std_file_count = sizeof std_files / sizeof std_files[0];'
