/* What this machine can do at most, for a program's speed to be held against, as one line of JSON:
 *
 *   limits THREADS [SECONDS]
 *
 *   core          the processor whose kernels OpenBLAS runs; the variable OPENBLAS_CORETYPE makes it another
 *   apart         GFLOP/s of single-precision products, one on each thread by itself
 *   together      the same with all threads in one product, as OpenBLAS divides it
 *   copy          GB/s of copying from memory to memory with all threads, reading and writing counted
 *
 * Each is the best over some shapes and repetitions within the seconds: a limit is what was reached once. */
#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST_THREADS 64
#define COPIED ((size_t)64 << 20) /* bytes a thread; more than a cache holds */

static const int shape[][3] = {{512, 512, 512}, {1024, 1024, 1024}, {2000, 500, 640}, {4096, 64, 1152}};
enum { SHAPES = sizeof shape / sizeof *shape };

struct lane { /* one thread's own memory */
  float *a, *b, *c;
  const int *shape;
  int times;
  bool copies;
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void *run(void *at) {
  struct lane *lane = at;
  for (int i = 0; i < lane->times; i++) {
    if (lane->copies) {
      memcpy(lane->c, lane->a, COPIED);
    } else {
      int m = lane->shape[0], n = lane->shape[1], k = lane->shape[2];
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, n, k, 1, lane->a, k, lane->b, n, 0, lane->c, n);
    }
  }
  return NULL;
}

/* Seconds that all lanes take at the same time. */
static double seconds_of(struct lane *lane, int lanes) {
  pthread_t thread[MOST_THREADS];
  double begun = now();
  int started = 1;
  while (started < lanes && pthread_create(&thread[started], NULL, run, &lane[started]) == 0) started++;
  run(&lane[0]);
  for (int i = 1; i < started; i++) pthread_join(thread[i], NULL);
  if (started == lanes) return now() - begun;
  fprintf(stderr, "limits: %d threads could not be started\n", lanes);
  exit(1);
}

/* The most of `amount` a second and lane that is reached within the seconds. */
static double best_rate(struct lane *lane, int lanes, double amount, double seconds) {
  double best = 0;
  for (double end = now() + seconds, first = 1; first || now() < end; first = 0) {
    double rate = amount * lanes * lane->times / seconds_of(lane, lanes);
    if (rate > best) best = rate;
  }
  return best;
}

static double products(struct lane *lane, int lanes, double seconds) {
  double best = 0;
  for (int s = 0; s < SHAPES; s++) {
    double work = 2e-9 * shape[s][0] * shape[s][1] * shape[s][2];
    for (int i = 0; i < lanes; i++) {
      lane[i].shape = shape[s];
      lane[i].times = 4; /* so that starting a thread is little of it */
      lane[i].copies = false;
    }
    double rate = best_rate(lane, lanes, work, seconds / SHAPES);
    if (rate > best) best = rate;
  }
  return best;
}

static bool make(struct lane *lane, int lanes) {
  for (int i = 0; i < lanes; i++) {
    float **place[] = {&lane[i].a, &lane[i].b, &lane[i].c};
    for (size_t k = 0; k < 3; k++) {
      if (!(*place[k] = malloc(COPIED))) return false;
      for (size_t e = 0; e < COPIED / sizeof(float); e++) (*place[k])[e] = (float)(e % 7) - 3;
    }
  }
  return true;
}

int main(int n, char **word) {
  static struct lane lane[MOST_THREADS];
  int threads = n > 1 ? atoi(word[1]) : 1;
  double seconds = n > 2 ? atof(word[2]) : 2;
  if (threads < 1 || threads > MOST_THREADS || !(seconds > 0)) {
    fprintf(stderr, "usage: limits THREADS [SECONDS], at most %d threads\n", MOST_THREADS);
    return 2;
  }
  if (!make(lane, threads)) return fputs("limits: no memory\n", stderr), 3;
  openblas_set_num_threads(1);
  double apart = products(lane, threads, seconds / 3), together = apart;
  openblas_set_num_threads(threads);
  if (threads > 1) together = products(lane, 1, seconds / 3);
  for (int i = 0; i < threads; i++) {
    lane[i].copies = true;
    lane[i].times = 1;
  }
  double copy = best_rate(lane, threads, 2e-9 * (double)COPIED, seconds / 3);
  printf("{\"core\": \"%s\", \"threads\": %d, \"apart\": %.1f, \"together\": %.1f, \"copy\": %.1f}\n",
         openblas_get_corename(), threads, apart, together, copy);
  for (int i = 0; i < threads; i++) {
    free(lane[i].a);
    free(lane[i].b);
    free(lane[i].c);
  }
  return 0;
}
