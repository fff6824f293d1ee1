/*
 * Drives the interpolator with simulated clocks; run by interpolator.test.ts, one scenario per run. Prints one JSON
 * object: the largest error of a reading in nanoseconds, how many readings decreased, and the end state.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The simulated machine: real time and its clocks. Reading takes time, and may be interrupted. */
static struct {
  double now_ns;
  double tsc_ghz;
  double tsc_offset;
  double clock_rate;
  double clock_at_change_ns;
  double changed_ns;
  double tsc_read_ns;
  double clock_read_ns;
  /* One of this many readings is interrupted for 5 µs; 0 for none. */
  uint32_t interrupted_one_in;
} machine = {.now_ns = 5e12, .tsc_ghz = 2.6, .clock_rate = 1, .clock_at_change_ns = 5e12, .changed_ns = 5e12,
             .tsc_read_ns = 10, .clock_read_ns = 24};

static uint64_t seed;
static uint32_t next_random(void) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(seed >> 33);
}

static double clock_now(void) {
  return machine.clock_at_change_ns + (machine.now_ns - machine.changed_ns) * machine.clock_rate;
}

static void set_clock_rate(double rate) {
  machine.clock_at_change_ns = clock_now();
  machine.changed_ns = machine.now_ns;
  machine.clock_rate = rate;
}

static void spend(double ns) {
  machine.now_ns += ns;
  if (machine.interrupted_one_in != 0 && next_random() % machine.interrupted_one_in == 0) machine.now_ns += 5000;
}

static uint64_t simulated_tsc(void) {
  spend(machine.tsc_read_ns / 2);
  uint64_t tsc = (uint64_t)(machine.now_ns * machine.tsc_ghz + machine.tsc_offset);
  spend(machine.tsc_read_ns / 2);
  return tsc;
}

static int64_t simulated_clock(void) {
  spend(machine.clock_read_ns / 2);
  int64_t ns = (int64_t)clock_now();
  spend(machine.clock_read_ns / 2);
  return ns;
}

#define READ_TSC() simulated_tsc()
#define READ_TSC_ORDERED() simulated_tsc()
#define READ_CLOCK_NS() simulated_clock()
#include "interpolator.h"

static struct interpolator interpolator;
static int64_t worst_ns;
static uint32_t decreased;
static int64_t previous_ns = INT64_MIN;

/* One reading, compared with the clock before and after it. */
static void read_and_judge(void) {
  int64_t before = (int64_t)clock_now();
  int64_t ns = interpolator_read(&interpolator);
  int64_t after = (int64_t)clock_now();
  int64_t error = ns < before ? before - ns : ns > after ? ns - after : 0;
  if (error > worst_ns) worst_ns = error;
  if (ns < previous_ns) decreased++;
  previous_ns = ns;
}

/* Reads for this long, at random intervals of up to `interval_ns`. */
static void run(double duration_ns, uint32_t interval_ns) {
  for (double end = machine.now_ns + duration_ns; machine.now_ns < end;) {
    read_and_judge();
    machine.now_ns += next_random() % interval_ns;
  }
}

static void run_scenario(const char *name) {
  run(50e6, 200);
  if (strcmp(name, "steady") == 0) {
    run(3e9, 2000);
  } else if (strcmp(name, "sparse") == 0) {
    run(60e9, 3000000);
  } else if (strcmp(name, "slewed-500ppm") == 0) {
    set_clock_rate(1.0005);
    run(2e9, 1000);
    set_clock_rate(0.9995);
    run(2e9, 1000);
  } else if (strcmp(name, "slewed-10-percent") == 0) {
    set_clock_rate(1.1);
    run(100e6, 200);
  } else if (strcmp(name, "after-a-fast-slew") == 0) {
    set_clock_rate(1.1);
    run(100e6, 200);
    worst_ns = 0;
    run(1e9, 1000);
  } else if (strcmp(name, "asleep") == 0) {
    for (int i = 0; i < 20; i++) {
      set_clock_rate(i % 2 == 0 ? 1.00002 : 0.99998);
      machine.now_ns += 10e9;
      run(30e6, 200);
    }
  } else if (strcmp(name, "tsc-goes-back") == 0) {
    machine.tsc_offset -= 1e12;
    run(1e9, 1000);
  } else if (strcmp(name, "suspended") == 0) {
    for (int i = 0; i < 20; i++) {
      machine.tsc_offset += 2.6 * 3600e9;
      run(50e6, 200);
    }
  } else if (strcmp(name, "unreliable") == 0) {
    for (int i = 0; i < 20; i++) {
      machine.tsc_offset += 2.6 * 20e3;
      run(50e6, 200);
    }
  } else if (strcmp(name, "after-giving-up") == 0) {
    for (int i = 0; i < DISCREPANCIES_MAX; i++) {
      machine.tsc_offset += 2.6 * 20e3;
      run(50e6, 200);
    }
    worst_ns = 0;
    machine.tsc_offset += 2.6 * 20e3;
    run(1e9, 1000);
  } else if (strcmp(name, "interrupted") == 0) {
    machine.interrupted_one_in = 20;
    run(2e9, 1000);
  } else if (strcmp(name, "slowed-processor") == 0) {
    machine.tsc_read_ns *= 5;
    machine.clock_read_ns *= 5;
    run(2e9, 1000);
  } else if (strcmp(name, "emulated-tsc") != 0) {
    fprintf(stderr, "no such scenario: %s\n", name);
    exit(2);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  seed = strtoull(argv[2], NULL, 10);
  if (strcmp(argv[1], "emulated-tsc") == 0) machine.tsc_read_ns = 1500;
  interpolator_init(&interpolator, CALIBRATING);
  run_scenario(argv[1]);
  static const char *const modes[] = {"CALIBRATING", "INTERPOLATING", "ASKING"};
  printf("{\"worstNs\":%" PRId64 ",\"decreased\":%u,\"discrepancies\":%u,\"synchronisations\":%" PRIu64 ",\"mode\":\"%s\"}\n",
         worst_ns, decreased, interpolator.discrepancies, interpolator.synchronisations, modes[interpolator.mode]);
  return 0;
}
