#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/arena.h"

enum { SPIN = 2000 }; /* looks before a worker sleeps: steps follow each other within microseconds */

struct worker {
  struct pool *pool;
  pthread_t thread;
  int index;
};

struct pool {
  struct worker *workers;
  int threads; /* with the caller */
  pthread_mutex_t lock;
  pthread_cond_t start, done;
  atomic_uint round; /* changes when there is new work */
  bool stop;
  atomic_int next, busy;
  int tiles;
  void (*work)(void *, int, int);
  void *context;
};

static void run_tiles(struct pool *pool, int index) {
  for (;;) {
    int tile = atomic_fetch_add(&pool->next, 1);
    if (tile >= pool->tiles) return;
    pool->work(pool->context, tile, index);
  }
}

static void *worker_main(void *argument) {
  struct worker *self = argument;
  struct pool *pool = self->pool;
  unsigned seen = 0;
  for (;;) {
    for (int i = 0; i < SPIN && atomic_load(&pool->round) == seen; i++) __asm__ volatile("" ::: "memory");
    pthread_mutex_lock(&pool->lock);
    while (atomic_load(&pool->round) == seen && !pool->stop) pthread_cond_wait(&pool->start, &pool->lock);
    seen = atomic_load(&pool->round);
    bool stop = pool->stop;
    pthread_mutex_unlock(&pool->lock);
    if (stop) return NULL;
    run_tiles(pool, self->index);
    if (atomic_fetch_sub(&pool->busy, 1) == 1) {
      pthread_mutex_lock(&pool->lock);
      pthread_cond_signal(&pool->done);
      pthread_mutex_unlock(&pool->lock);
    }
  }
}

static void pool_stop(struct pool *pool, int started) {
  pthread_mutex_lock(&pool->lock);
  pool->stop = true;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 1; i < started; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->start);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->lock);
  free(pool->workers);
  free(pool);
}

struct pool *pool_new(int threads) {
  struct pool *pool = must_alloc(sizeof *pool);
  *pool = (struct pool){.threads = threads};
  pool->workers = must_alloc(size_product((size_t)threads, sizeof *pool->workers));
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->done, NULL);
  for (int i = 1; i < threads; i++) {
    pool->workers[i] = (struct worker){.pool = pool, .index = i};
    if (pthread_create(&pool->workers[i].thread, NULL, worker_main, &pool->workers[i])) {
      pool_stop(pool, i);
      return NULL;
    }
  }
  return pool;
}

void pool_free(struct pool *pool) {
  if (pool) pool_stop(pool, pool->threads);
}

int pool_threads(const struct pool *pool) { return pool ? pool->threads : 1; }

void pool_run(struct pool *pool, int tiles, void (*work)(void *, int, int), void *context) {
  if (!pool || pool->threads == 1 || tiles == 1) {
    for (int tile = 0; tile < tiles; tile++) work(context, tile, 0);
    return;
  }
  pthread_mutex_lock(&pool->lock);
  pool->tiles = tiles;
  pool->work = work;
  pool->context = context;
  atomic_store(&pool->next, 0);
  atomic_store(&pool->busy, pool->threads - 1);
  atomic_fetch_add(&pool->round, 1);
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  run_tiles(pool, 0);
  for (int i = 0; i < SPIN * 10 && atomic_load(&pool->busy) > 0; i++) __asm__ volatile("" ::: "memory");
  pthread_mutex_lock(&pool->lock);
  while (atomic_load(&pool->busy) > 0) pthread_cond_wait(&pool->done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}
