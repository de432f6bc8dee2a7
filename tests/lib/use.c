/* A program that uses the installed header and library alone: prints a value for the numbers that it reads.
 * usage: use RUN VALUE COLUMN SIZE <numbers */
#include <crl.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 10000 };

static int complain(const struct crl_error *error) {
  fprintf(stderr, "%s\n%s\n", error->message, error->hint);
  return error->status;
}

int main(int argc, char **argv) {
  static float number[MOST], out[MOST];
  struct crl_error error;
  int n = 0;
  if (argc != 5) return 2;
  while (n < MOST && scanf("%f%*[, \n]", &number[n]) == 1) n++;
  struct crl_rows rows = {argv[3], number, atoll(argv[4])};
  crl_model *model = crl_open(argv[1], argv[2], 1, &error);
  if (!model) return complain(&error);
  int64_t size = crl_size(model, argv[2], &error), count = n / rows.size;
  if (size < 0 || size * count > MOST) return complain(&error);
  for (int turn = 0; turn < 2; turn++) /* a model can be used again */
    if (!crl_compute(model, &rows, 1, count, argv[2], out, &error)) return complain(&error);
  for (int64_t i = 0; i < count * size; i++) printf("%.9g%s", out[i], (i + 1) % size ? "," : "\n");
  crl_close(model);
  return 0;
}
