/*
 * Emits one event for each line of standard input. A line is `EVENT N`, where N determines the fields, or
 * `filling BYTES` for events of about this total size. Answers each line with `done`, and ends with its input.
 * emitter.mjs does the same.
 */
#define _GNU_SOURCE
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "meaning-provider.h"

#define FILLING_BYTES 200

static const char *const words[] = {"zero", "one", "two words", "three*", "four \"quoted\" \\ \xc3\xbc"};
static const uint16_t some[] = {0, 1, 2, 3, 4, 5, 6, 7};

static void sample(int64_t n) {
  int32_t three[] = {(int32_t)n, (int32_t)(n * 10), (int32_t)-n};
  lttng_ust_tracepoint(meaning, sample, n, words[n], three, some);
}

static void filling(int64_t bytes) {
  char text[FILLING_BYTES + 1];
  memset(text, 'x', FILLING_BYTES);
  text[FILLING_BYTES] = '\0';
  for (; bytes > 0; bytes -= FILLING_BYTES) lttng_ust_tracepoint(meaning, filling, text);
}

static void emit(const char *event, int64_t n) {
  if (strcmp(event, "sample") == 0) sample(n);
  if (strcmp(event, "filling") == 0) filling(n);
  if (strcmp(event, "critical") == 0) lttng_ust_tracepoint(meaning, critical, n);
  if (strcmp(event, "failed") == 0) lttng_ust_tracepoint(meaning, failed, n);
  if (strcmp(event, "warned") == 0) lttng_ust_tracepoint(meaning, warned, n);
  if (strcmp(event, "informed") == 0) lttng_ust_tracepoint(meaning, informed, n);
  if (strcmp(event, "lined") == 0) lttng_ust_tracepoint(meaning, lined, n);
  if (strcmp(event, "debugged") == 0) lttng_ust_tracepoint(meaning, debugged, n);
  if (strcmp(event, "step") == 0) lttng_ust_tracepoint(meaning, step, n);
  if (strcmp(event, "last") == 0) lttng_ust_tracepoint(meaning, last, n);
}

/* LTTng-UST has a ring for each CPU: on one CPU it fills one ring, as a thread of Node.js does. */
static void stay_on_this_cpu(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(sched_getcpu(), &set);
  sched_setaffinity(0, sizeof set, &set);
}

int main(void) {
  char event[32];
  int64_t n;
  stay_on_this_cpu();
  puts("ready");
  fflush(stdout);
  while (scanf("%31s %" SCNd64, event, &n) == 2) {
    emit(event, n);
    puts("done");
    fflush(stdout);
  }
  return 0;
}
