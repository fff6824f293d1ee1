/*
 * Readings of CLOCK_MONOTONIC, most of them computed from the time stamp counter (TSC).
 *
 * Asking the kernel for the clock costs about 24 ns even through the vDSO, reading the TSC about 10. So each thread
 * asks once in WINDOW_NS and reads the TSC at the same moment. Between two such synchronisations it adds the TSC's
 * advance times a slope.
 *
 *   CALIBRATING --10 ms of asking, slope measured--> INTERPOLATING
 *        ^                                                |
 *        +---- a gap, or the slope no longer fits --------+
 *        |
 *        +---- DISCREPANCIES_MAX gross misfits, or a slow TSC ----> ASKING (for good)
 *
 * Bounds of the error:
 * - Interpolation never reaches farther than WINDOW_NS beyond a synchronisation. The first reading after any longer gap
 *   (the thread slept, was preempted, changed its processor and slept there, the machine was suspended) synchronises.
 * - A synchronisation brackets the clock between two TSC readings and is repeated when something came in between, so it
 *   is right to within half of the bracket, some 20 ns.
 * - The slope comes from synchronisations 10 to 1000 ms apart, so the brackets' errors vanish in it. The kernel slews
 *   CLOCK_MONOTONIC by at most 500 ppm for NTP and adjtime(3), which is 50 ns in a window; the baseline follows. A
 *   faster slew (chrony can set 10 %) is off by up to a tenth of a window once, is seen by the next synchronisation,
 *   and then the clock is asked again.
 * - TSCs of different processors agree whenever the kernel itself uses them as its clock source: it checks them against
 *   each other and abandons them when they do not. Its own vDSO relies on the same.
 *
 * A thread never sees its readings decrease: a reading below the last one becomes the last one. Threads keep states of
 * their own and share nothing, so readings of two threads are ordered to within the sum of their errors only.
 *
 * The includer defines READ_TSC() and READ_TSC_ORDERED(), cycles (the latter not executed ahead of what precedes it),
 * and READ_CLOCK_NS(), nanoseconds; a test defines simulated ones.
 */
#include <stdbool.h>
#include <stdint.h>

/* Validity of one synchronisation. A tenth of a millisecond costs a busy thread nothing measurable. */
#define WINDOW_NS INT64_C(100000)
#define CALIBRATION_NS INT64_C(10000000)
/* Longest baseline of the slope, which then starts from a newer synchronisation. A longer gap restarts calibration. */
#define BASELINE_NS INT64_C(500000000)
/* A misfit that neither the bracket nor a slope slightly out of date explains. */
#define MISFIT_NS INT64_C(100)
#define MISFIT_GAP_DIVISOR INT64_C(50000) /* 20 ppm */
/*
 * A gross misfit. Counted only across less than DISCREPANCY_WINDOWS, or when the TSC went back: after a longer gap the
 * machine may have been suspended, during which the TSC can go on while the clock stands.
 */
#define DISCREPANCY_NS INT64_C(1000)
#define DISCREPANCY_WINDOWS 10
#define DISCREPANCIES_MAX 8
/* If even the narrowest bracket is this wide, the TSC is emulated and saves nothing. */
#define BRACKET_NS_MAX INT64_C(400)
#define BRACKET_ATTEMPTS 4
#define BRACKET_WARM_UPS 16
#define SLOPE_SHIFT 32

enum interpolator_mode { CALIBRATING, INTERPOLATING, ASKING };

/* A TSC value and the clock's at the same moment. */
struct clock_pair {
  uint64_t tsc;
  int64_t ns;
  uint64_t bracket_cycles;
};

struct interpolator {
  /* The last synchronisation. */
  uint64_t base_tsc;
  int64_t base_ns;
  /* Cycles that the synchronisation serves; 0 in the modes that ask. */
  uint64_t window_cycles;
  /* Nanoseconds per cycle, times 2 to the SLOPE_SHIFT. */
  uint64_t slope;
  int64_t last_ns;

  /* Starts of the slope's baseline and of the next one; tsc 0: not set yet. */
  struct clock_pair anchor;
  struct clock_pair next_anchor;
  uint64_t best_bracket_cycles;
  enum interpolator_mode mode;
  uint32_t discrepancies;
  uint64_t synchronisations;
};

static int64_t interpolator_cycles_to_ns(const struct interpolator *it, uint64_t cycles) {
  return (int64_t)(((unsigned __int128)cycles * it->slope) >> SLOPE_SHIFT);
}

/*
 * Reads both clocks at once. False if something came in between at every attempt (an interrupt, another thread, the
 * hypervisor): then only `ns` is good.
 */
static bool interpolator_take_pair(struct interpolator *it, struct clock_pair *pair) {
  for (int attempt = 0; attempt < BRACKET_ATTEMPTS; attempt++) {
    uint64_t before = READ_TSC_ORDERED();
    pair->ns = READ_CLOCK_NS();
    uint64_t after = READ_TSC_ORDERED();
    if (after < before) continue;
    pair->bracket_cycles = after - before;
    pair->tsc = before + pair->bracket_cycles / 2;
    if (pair->bracket_cycles < it->best_bracket_cycles) it->best_bracket_cycles = pair->bracket_cycles;
    if (pair->bracket_cycles <= 2 * it->best_bracket_cycles) return true;
  }
  /* Interruptions are not that frequent: the processor may have become slower. Expect less of it. */
  it->best_bracket_cycles += it->best_bracket_cycles / 4 + 1;
  return false;
}

static void interpolator_init(struct interpolator *it, enum interpolator_mode mode) {
  *it = (struct interpolator){.mode = mode, .best_bracket_cycles = UINT64_MAX / 4};
  if (mode == ASKING) return;
  /* Measures an undisturbed bracket, with which later ones are compared. */
  struct clock_pair pair;
  for (int i = 0; i < BRACKET_WARM_UPS; i++) interpolator_take_pair(it, &pair);
}

/* Starts measuring the slope at `pair`; until it is known, every reading asks. */
static void interpolator_recalibrate(struct interpolator *it, const struct clock_pair *pair) {
  it->mode = CALIBRATING;
  it->window_cycles = 0;
  it->anchor = *pair;
}

static void interpolator_ask_for_good(struct interpolator *it) {
  it->mode = ASKING;
  it->window_cycles = 0;
}

/* Makes `pair` the base of the readings of the next window, on the slope since the anchor. */
static void interpolator_rebase(struct interpolator *it, const struct clock_pair *pair) {
  uint64_t cycles = pair->tsc - it->anchor.tsc;
  uint64_t elapsed_ns = (uint64_t)(pair->ns - it->anchor.ns);
  it->slope = (uint64_t)(((unsigned __int128)elapsed_ns << SLOPE_SHIFT) / cycles);
  it->base_tsc = pair->tsc;
  it->base_ns = pair->ns;
  it->window_cycles = (uint64_t)((unsigned __int128)WINDOW_NS * cycles / elapsed_ns);
}

static void interpolator_calibrate(struct interpolator *it, const struct clock_pair *pair) {
  if (it->anchor.tsc == 0 || pair->tsc <= it->anchor.tsc || pair->ns - it->anchor.ns > BASELINE_NS) {
    interpolator_recalibrate(it, pair);
    return;
  }
  if (pair->ns - it->anchor.ns < CALIBRATION_NS) return;
  it->next_anchor = *pair;
  interpolator_rebase(it, pair);
  if (interpolator_cycles_to_ns(it, it->best_bracket_cycles) > BRACKET_NS_MAX) {
    interpolator_ask_for_good(it);
    return;
  }
  it->mode = INTERPOLATING;
}

static void interpolator_synchronise(struct interpolator *it, const struct clock_pair *pair) {
  it->synchronisations++;
  int64_t gap_ns = pair->ns - it->base_ns;
  if (gap_ns > BASELINE_NS) {
    interpolator_recalibrate(it, pair);
    return;
  }
  bool forward = pair->tsc > it->base_tsc;
  uint64_t cycles = forward ? pair->tsc - it->base_tsc : 0;
  int64_t misfit_ns = it->base_ns + interpolator_cycles_to_ns(it, cycles) - pair->ns;
  if (misfit_ns < 0) misfit_ns = -misfit_ns;
  if (!forward || (misfit_ns > DISCREPANCY_NS && cycles < DISCREPANCY_WINDOWS * it->window_cycles)) {
    it->discrepancies++;
    if (it->discrepancies < DISCREPANCIES_MAX) {
      interpolator_recalibrate(it, pair);
    } else {
      interpolator_ask_for_good(it);
    }
    return;
  }
  if (misfit_ns > MISFIT_NS + gap_ns / MISFIT_GAP_DIVISOR) {
    interpolator_recalibrate(it, pair);
    return;
  }
  if (pair->ns - it->next_anchor.ns > BASELINE_NS / 2) {
    it->anchor = it->next_anchor;
    it->next_anchor = *pair;
  }
  interpolator_rebase(it, pair);
}

/* A reading that asks the clock, in any state. */
static __attribute__((noinline)) int64_t interpolator_ask(struct interpolator *it) {
  struct clock_pair pair;
  if (it->mode == ASKING) {
    pair.ns = READ_CLOCK_NS();
  } else if (it->mode == CALIBRATING && it->anchor.tsc != 0 &&
             (pair.ns = READ_CLOCK_NS()) - it->anchor.ns < CALIBRATION_NS) {
    /* Too early for a slope. */
  } else if (interpolator_take_pair(it, &pair)) {
    if (it->mode == CALIBRATING) {
      interpolator_calibrate(it, &pair);
    } else {
      interpolator_synchronise(it, &pair);
    }
  }
  return pair.ns;
}

/* Nanoseconds of CLOCK_MONOTONIC, never less than the last time. */
static inline int64_t interpolator_read(struct interpolator *it) {
  uint64_t cycles = READ_TSC() - it->base_tsc;
  int64_t ns = __builtin_expect(cycles < it->window_cycles, 1)
                   ? it->base_ns + (int64_t)((cycles * it->slope) >> SLOPE_SHIFT)
                   : interpolator_ask(it);
  if (ns < it->last_ns) ns = it->last_ns;
  it->last_ns = ns;
  return ns;
}
