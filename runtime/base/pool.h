/* Threads.  Work is cut into tiles that depend on the problem alone; which thread runs a tile never matters, so
 * results are the same bits for every number of threads.
 *
 * Ownership: pool_new's caller calls pool_free.  A pool runs one pool_run at a time; tiles must not call pool_run. */
#ifndef BASE_POOL_H
#define BASE_POOL_H

struct pool;

/* threads >= 1, the calling thread included.  NULL when no thread could be started. */
struct pool *pool_new(int threads);
void pool_free(struct pool *pool);
int pool_threads(const struct pool *pool);

/* Runs work(context, tile, worker) for every tile in 0 .. tiles - 1 and returns when all are done.  worker is in
 * 0 .. threads - 1 and says whose scratch memory to use.  A NULL pool runs everything in the caller. */
void pool_run(struct pool *pool, int tiles, void (*work)(void *context, int tile, int worker), void *context);

#endif
