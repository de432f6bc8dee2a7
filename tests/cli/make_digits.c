/* Writes a made-up data set in MNIST's format: make_digits DIR TRAIN TEST makes DIR/mnist/ with so many images.  Each
 * class has a pattern of its own, and every image adds noise to it: the two halves agree on the class. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { SIDE = 28, PIXELS = SIDE * SIDE, CLASSES = 10, NAME = 4096 };

static uint32_t draw(uint32_t *state) {
  *state = *state * 1664525u + 1013904223u;
  return *state >> 16;
}

static void put_number(FILE *file, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) fputc((int)(value >> shift & 255), file);
}

static FILE *open_file(const char *folder, const char *name, int axes, uint32_t rows) {
  char path[NAME];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (!file) {
    perror(path);
    exit(1);
  }
  put_number(file, 0x800u + (uint32_t)axes);
  put_number(file, rows);
  for (int i = 1; i < axes; i++) put_number(file, SIDE);
  return file;
}

static void write_split(const char *folder, const char *images, const char *labels, uint32_t rows, uint32_t seed) {
  FILE *image = open_file(folder, images, 3, rows), *label = open_file(folder, labels, 1, rows);
  for (uint32_t i = 0; i < rows; i++) {
    uint32_t class = i % CLASSES, pattern = 99 + 1000 * class;
    fputc((int)class, label);
    for (int k = 0; k < PIXELS; k++) fputc((int)((draw(&pattern) % 3 == 0 ? 190 : 10) + draw(&seed) % 60), image);
  }
  if (fclose(image) || fclose(label)) exit(1);
}

int main(int argc, char **argv) {
  char folder[NAME];
  if (argc != 4) return 2;
  snprintf(folder, sizeof folder, "%s/mnist", argv[1]);
  mkdir(argv[1], 0777);
  mkdir(folder, 0777);
  write_split(folder, "train-images-idx3-ubyte", "train-labels-idx1-ubyte", (uint32_t)atol(argv[2]), 1);
  write_split(folder, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", (uint32_t)atol(argv[3]), 2);
  return 0;
}
