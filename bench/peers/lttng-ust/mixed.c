/*
 * Threads that emit events at the same time, with integers, floating point numbers, enumerations, texts and sequences.
 *
 *   mixed EVENTS_PER_THREAD THREADS PAUSE_US      a pause after each 64 events
 *
 * Prints one JSON object.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "mixed-provider.h"

#define THREADS_MAX 64
#define PATHS 32
#define ITEMS 8

static char paths[PATHS][40];
static long events_per_thread;
static long pause_us;

/* xorshift64*: each thread has its own, from a fixed seed. */
static uint64_t next(uint64_t *state) {
  *state ^= *state >> 12;
  *state ^= *state << 25;
  *state ^= *state >> 27;
  return *state * 0x2545F4914F6CDD1DULL;
}

static void *emit(void *argument) {
  uint64_t random = 88172645463325252ULL + (uint64_t)(uintptr_t)argument * 7919;
  int32_t items[ITEMS];
  double value = 20;
  for (long i = 0; i < events_per_thread; i++) {
    uint64_t r = next(&random);
    switch (i % 4) {
      case 0:
        lttng_ust_tracepoint(mixed, request, (int32_t)i, r, paths[r % PATHS], (int)((r >> 8) % 3));
        break;
      case 1:
        value += (double)(int32_t)r / 4e9;
        lttng_ust_tracepoint(mixed, sample, value, (float)(r % 1000) / 1000, (int64_t)r >> 20, (uint8_t)(r >> 3));
        break;
      case 2:
        for (int k = 0; k < ITEMS; k++) items[k] = (int32_t)(r >> (2 * k)) % 100000;
        lttng_ust_tracepoint(mixed, batch, (uint16_t)r, items, r % (ITEMS + 1), 10 + (int)(r % 11));
        break;
      default:
        lttng_ust_tracepoint(mixed, step, (uint32_t)r, (int16_t)(r >> 32), (int16_t)(r >> 48));
    }
    if (pause_us > 0 && i % 64 == 63) usleep((useconds_t)pause_us);
  }
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t threads[THREADS_MAX];
  int count = argc == 4 ? atoi(argv[2]) : 0;
  if (count < 1 || count > THREADS_MAX) {
    fprintf(stderr, "usage: mixed EVENTS_PER_THREAD THREADS PAUSE_US\n");
    return 2;
  }
  events_per_thread = atol(argv[1]);
  pause_us = atol(argv[3]);
  for (int i = 0; i < PATHS; i++) snprintf(paths[i], sizeof paths[i], "/api/v1/orders/%d/items/%d", 100000 + 977 * i, i);
  for (int i = 0; i < count; i++) {
    if (pthread_create(&threads[i], NULL, emit, (void *)(uintptr_t)(i + 1)) != 0) return 1;
  }
  for (int i = 0; i < count; i++) pthread_join(threads[i], NULL);
  printf("{\"events\":%ld}\n", events_per_thread * count);
  return 0;
}
