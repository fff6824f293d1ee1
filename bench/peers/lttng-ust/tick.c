/*
 * The C counterpart of ../../programs/tick.mjs: the same loops around an LTTng-UST tracepoint.
 *
 *   tick cost CONST|VARYING EVENTS LOOPS      nanoseconds an event, unpaced; the first loop is warm-up and not printed
 *   tick paced EVENTS_PER_SECOND MILLISECONDS as many events as are due every tenth of a millisecond
 *   tick idle                                 one event, then nothing until standard input ends
 *
 * Prints one JSON object.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench-provider.h"

#define STRINGS 64
static char strings[STRINGS][17];

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static __attribute__((noinline)) void emit_constant(int32_t events) {
  for (int32_t i = 0; i < events; i++) lttng_ust_tracepoint(bench, tick, i, "customer-1000000");
}

static __attribute__((noinline)) void emit_varying(int32_t events) {
  for (int32_t i = 0; i < events; i++) lttng_ust_tracepoint(bench, tick, i, strings[i % STRINGS]);
}

static int cost(void (*emit)(int32_t), int32_t events, int loops) {
  emit(events);
  printf("{\"nsPerEvent\":[");
  for (int loop = 0; loop < loops; loop++) {
    int64_t begin = now_ns();
    emit(events);
    printf("%s%.2f", loop == 0 ? "" : ",", (double)(now_ns() - begin) / events);
  }
  printf("],\"events\":%" PRId64 "}\n", (int64_t)events * (loops + 1));
  return 0;
}

static int paced(int64_t events_per_second, int64_t duration_ms) {
  int64_t begin = now_ns();
  int64_t end = begin + duration_ms * 1000000;
  int64_t emitted = 0;
  int64_t now;
  while ((now = now_ns()) < end) {
    int64_t due = (now - begin) / 100000 * events_per_second / 10000;
    for (; emitted < due; emitted++) {
      lttng_ust_tracepoint(bench, tick, (int32_t)emitted, strings[emitted % STRINGS]);
    }
  }
  printf("{\"events\":%" PRId64 ",\"seconds\":%.3f}\n", emitted, (double)(now_ns() - begin) / 1e9);
  return 0;
}

static int idle(void) {
  emit_constant(1);
  puts("{\"events\":1}");
  fflush(stdout);
  while (getchar() != EOF) continue;
  return 0;
}

int main(int argc, char **argv) {
  for (int i = 0; i < STRINGS; i++) snprintf(strings[i], sizeof strings[i], "customer-%07d", 1000000 + i);
  if (argc == 5 && strcmp(argv[1], "cost") == 0) {
    return cost(strcmp(argv[2], "varying") == 0 ? emit_varying : emit_constant, atoi(argv[3]), atoi(argv[4]));
  }
  if (argc == 4 && strcmp(argv[1], "paced") == 0) return paced(atoll(argv[2]), atoll(argv[3]));
  if (argc == 2 && strcmp(argv[1], "idle") == 0) return idle();
  fprintf(stderr, "usage: tick cost constant|varying EVENTS LOOPS | paced EVENTS_PER_SECOND MILLISECONDS | idle\n");
  return 2;
}
