/* A pool whose caller never waits for a thread that has not begun.
 *
 * Tiles are claimed one by one from a ticket that holds the round and the next tile; the caller claims like everybody
 * else, and is done when all tiles are done, whether or not the other threads have woken.  So on a busy machine a pool
 * is no slower than its caller alone.  A claim is a compare-and-swap of the whole ticket: it succeeds only while the
 * round is the one whose work was read, and a round ends only when all its tiles are claimed and done. */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/arena.h"

enum { SPIN = 10000 }; /* looks before a thread sleeps, some hundred microseconds: work follows work soon */

typedef void work(void *context, int tile, int worker);

struct worker {
  struct pool *pool;
  pthread_t thread;
  int index;
};

struct pool {
  struct worker *workers;
  int threads; /* with the caller */
  /* of the current round */
  _Atomic uint64_t ticket; /* round in the upper half, next tile in the lower */
  _Atomic(work *) work;
  _Atomic(void *) context;
  atomic_int tiles, done;
  /* for those who sleep */
  pthread_mutex_t lock;
  pthread_cond_t start, finish;
  atomic_int asleep;
  bool stop;
};

static inline void relax(void) {
#if defined __x86_64__ || defined __i386__
  __builtin_ia32_pause();
#else
  atomic_signal_fence(memory_order_seq_cst);
#endif
}

static bool has_work(struct pool *pool) {
  return (int)(uint32_t)atomic_load(&pool->ticket) < atomic_load(&pool->tiles);
}

/* Claims and runs tiles until none is left. */
static void run_tiles(struct pool *pool, int index) {
  for (;;) {
    uint64_t ticket = atomic_load(&pool->ticket);
    int tile = (int)(uint32_t)ticket, tiles = atomic_load(&pool->tiles);
    work *run = atomic_load(&pool->work);
    void *context = atomic_load(&pool->context);
    if (tile >= tiles) {
      if (atomic_load(&pool->ticket) == ticket) return;
      continue; /* the next round has begun between the two looks */
    }
    if (!atomic_compare_exchange_strong(&pool->ticket, &ticket, ticket + 1)) continue;
    run(context, tile, index);
    if (atomic_fetch_add(&pool->done, 1) + 1 < tiles || index == 0) continue;
    pthread_mutex_lock(&pool->lock);
    pthread_cond_signal(&pool->finish);
    pthread_mutex_unlock(&pool->lock);
  }
}

static bool sleep_until_work(struct pool *pool) {
  pthread_mutex_lock(&pool->lock);
  atomic_fetch_add(&pool->asleep, 1);
  while (!has_work(pool) && !pool->stop) pthread_cond_wait(&pool->start, &pool->lock);
  atomic_fetch_sub(&pool->asleep, 1);
  bool stop = pool->stop;
  pthread_mutex_unlock(&pool->lock);
  return !stop;
}

static void *worker_main(void *argument) {
  struct worker *self = argument;
  do {
    for (int i = 0; i < SPIN && !has_work(self->pool); i++) relax();
    run_tiles(self->pool, self->index);
  } while (has_work(self->pool) || sleep_until_work(self->pool));
  return NULL;
}

static void pool_stop(struct pool *pool, int started) {
  pthread_mutex_lock(&pool->lock);
  pool->stop = true;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 1; i < started; i++) pthread_join(pool->workers[i].thread, NULL);
  pthread_cond_destroy(&pool->start);
  pthread_cond_destroy(&pool->finish);
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
  pthread_cond_init(&pool->finish, NULL);
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

/* Opens a round.  There are no tiles until the ticket of the new round is there, so whoever sees tiles and claims one
 * has read the work that they belong to. */
static void publish(struct pool *pool, int tiles, work *run, void *context) {
  uint64_t round = atomic_load(&pool->ticket) >> 32;
  atomic_store(&pool->done, 0);
  atomic_store(&pool->tiles, 0);
  atomic_store(&pool->work, run);
  atomic_store(&pool->context, context);
  atomic_store(&pool->ticket, (round + 1) << 32);
  atomic_store(&pool->tiles, tiles);
  if (atomic_load(&pool->asleep) == 0) return;
  pthread_mutex_lock(&pool->lock);
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
}

void pool_run(struct pool *pool, int tiles, void (*run)(void *, int, int), void *context) {
  if (!pool || pool->threads == 1 || tiles == 1) {
    for (int tile = 0; tile < tiles; tile++) run(context, tile, 0);
    return;
  }
  publish(pool, tiles, run, context);
  run_tiles(pool, 0);
  for (int i = 0; i < SPIN && atomic_load(&pool->done) < tiles; i++) relax();
  if (atomic_load(&pool->done) == tiles) return;
  pthread_mutex_lock(&pool->lock);
  while (atomic_load(&pool->done) < tiles) pthread_cond_wait(&pool->finish, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
}
