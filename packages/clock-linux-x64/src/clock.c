/*
 * Clock addon: `monotonic()` and `tsc()` put one reading, as a float64, at offset 0 of the memory given to `bind`, and
 * return undefined: no argument, no allocation, no exception. See clock.d.ts for the JavaScript interface.
 *
 * Threads: all state that changes is thread-local. Each worker thread loads the addon for itself (Node.js runs the
 * initialiser once per environment), binds its own memory and synchronises on its own. Threads share nothing, so there
 * are no locks. The one thread-local pointer uses the initial-exec model: found at a fixed offset from the thread
 * pointer, without a call. glibc keeps room for such variables of libraries loaded late; musl does not and refuses to
 * load the addon. The tracer does without it.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <cpuid.h>
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#define READ_TSC() __rdtsc()

static inline uint64_t read_tsc_ordered(void) {
  _mm_lfence();
  uint64_t tsc = __rdtsc();
  _mm_lfence();
  return tsc;
}
#define READ_TSC_ORDERED() read_tsc_ordered()

static inline int64_t read_clock_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
#define READ_CLOCK_NS() read_clock_ns()

#include "interpolator.h"

#define BINDINGS_MAX 16
#define FREQUENCY_BASELINE_NS INT64_C(50000000)

/* Memory for readings, kept alive by a reference until its environment ends. */
struct binding {
  napi_env env;
  napi_ref reference;
  double *out;
};

/*
 * State of a thread. `out` is the first binding's memory, or `nowhere`. Several bindings are the exception: two copies
 * of a tracer that share this file. All get each reading: otherwise the first copy's time would silently stand still.
 */
struct thread_clock {
  struct interpolator interpolator;
  double *out;
  uint32_t binding_count;
  uint32_t environment_count;
  double nowhere;
  bool kernel_uses_tsc;
  bool tsc_usable;
  /* Taken when the addon was loaded: the frequency is measured from here. */
  struct clock_pair loaded;
  struct binding bindings[BINDINGS_MAX];
};
static __thread struct thread_clock *clock_of_thread __attribute__((tls_model("initial-exec")));

static inline void deliver(struct thread_clock *clock, double reading) {
  *clock->out = reading;
  for (uint32_t i = 1; __builtin_expect(i < clock->binding_count, 0); i++) *clock->bindings[i].out = reading;
}

static napi_value monotonic(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  struct thread_clock *clock = clock_of_thread;
  deliver(clock, (double)interpolator_read(&clock->interpolator));
  return NULL;
}

/* Stands in for `monotonic` where the kernel's clock source is not the TSC. */
static napi_value monotonic_asked(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  deliver(clock_of_thread, (double)read_clock_ns());
  return NULL;
}

static napi_value tsc(napi_env env, napi_callback_info info) {
  (void)env, (void)info;
  deliver(clock_of_thread, (double)(int64_t)__rdtsc());
  return NULL;
}

/* Whether `word` is one of the words in a file of the kernel's clock source. */
static bool clock_source_file_has(const char *name, const char *word) {
  char path[96];
  char text[256];
  snprintf(path, sizeof path, "/sys/devices/system/clocksource/clocksource0/%s", name);
  FILE *file = fopen(path, "re");
  if (file == NULL) return false;
  size_t length = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[length] = '\0';
  char *rest = text;
  for (char *token = strtok_r(text, " \n", &rest); token != NULL; token = strtok_r(NULL, " \n", &rest)) {
    if (strcmp(token, word) == 0) return true;
  }
  return false;
}

/* "Invariant TSC": one bit, shown in /proc/cpuinfo as constant_tsc and nonstop_tsc. */
static bool tsc_is_invariant(void) {
  unsigned eax, ebx, ecx, edx;
  return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1u << 8)) != 0;
}

static napi_value fail(napi_env env, const char *code, const char *message) {
  napi_throw_error(env, code, message);
  return NULL;
}

/* Recomputes the first binding's memory. */
static void aim(struct thread_clock *clock) {
  clock->out = clock->binding_count > 0 ? clock->bindings[0].out : &clock->nowhere;
}

static napi_value bind_memory(napi_env env, napi_callback_info info) {
  struct thread_clock *clock = clock_of_thread;
  size_t argc = 1;
  napi_value buffer;
  bool is_buffer = false;
  void *data = NULL;
  size_t bytes = 0;
  napi_get_cb_info(env, info, &argc, &buffer, NULL, NULL);
  if (argc < 1 || napi_is_arraybuffer(env, buffer, &is_buffer) != napi_ok || !is_buffer ||
      napi_get_arraybuffer_info(env, buffer, &data, &bytes) != napi_ok || data == NULL || bytes < sizeof(double) ||
      (uintptr_t)data % sizeof(double) != 0) {
    return fail(env, "BAD_MEMORY", "bind() takes an ArrayBuffer of at least 8 bytes");
  }
  for (uint32_t i = 0; i < clock->binding_count; i++) {
    if (clock->bindings[i].out == data) return NULL;
  }
  if (clock->binding_count == BINDINGS_MAX) return fail(env, "TOO_MANY_BINDINGS", "this thread has bound 16 memories");
  struct binding *binding = &clock->bindings[clock->binding_count];
  *binding = (struct binding){.env = env, .out = data};
  if (napi_create_reference(env, buffer, 1, &binding->reference) != napi_ok) {
    return fail(env, "BAD_MEMORY", "the ArrayBuffer could not be kept alive");
  }
  clock->binding_count++;
  aim(clock);
  return NULL;
}

/* A pair whose bracket was not interrupted, or the narrowest of many. */
static struct clock_pair take_good_pair(struct thread_clock *clock) {
  struct clock_pair best = {.bracket_cycles = UINT64_MAX};
  for (int i = 0; i < 8; i++) {
    struct clock_pair pair;
    interpolator_take_pair(&clock->interpolator, &pair);
    if (pair.bracket_cycles < best.bracket_cycles) best = pair;
  }
  return best;
}

static napi_value no_usable_tsc(napi_env env) {
  return fail(env, "TSC_UNSUPPORTED",
              "the TSC cannot be a clock here: not invariant, or not among the kernel's available clock sources");
}

static napi_value tsc_frequency(napi_env env, napi_callback_info info) {
  (void)info;
  struct thread_clock *clock = clock_of_thread;
  if (!clock->tsc_usable) return no_usable_tsc(env);
  int64_t missing_ns = FREQUENCY_BASELINE_NS - (read_clock_ns() - clock->loaded.ns);
  if (missing_ns > 0) {
    struct timespec pause = {.tv_nsec = (long)missing_ns};
    while (nanosleep(&pause, &pause) != 0) continue;
  }
  struct clock_pair now = take_good_pair(clock);
  double elapsed_ns = (double)(now.ns - clock->loaded.ns);
  double hertz = (double)(now.tsc - clock->loaded.tsc) / elapsed_ns * 1e9;
  napi_value result;
  napi_create_int64(env, (int64_t)(hertz + 0.5), &result);
  return result;
}

static napi_value tsc_pair(napi_env env, napi_callback_info info) {
  (void)info;
  struct thread_clock *clock = clock_of_thread;
  if (!clock->tsc_usable) return no_usable_tsc(env);
  struct clock_pair pair = take_good_pair(clock);
  napi_value result, cycles, nanoseconds, bracket;
  napi_create_object(env, &result);
  napi_create_bigint_uint64(env, pair.tsc, &cycles);
  napi_create_bigint_int64(env, pair.ns, &nanoseconds);
  napi_create_bigint_uint64(env, pair.bracket_cycles, &bracket);
  napi_set_named_property(env, result, "tsc", cycles);
  napi_set_named_property(env, result, "monotonicNs", nanoseconds);
  napi_set_named_property(env, result, "bracketCycles", bracket);
  return result;
}

static const char *method_name(const struct thread_clock *clock) {
  if (!clock->kernel_uses_tsc) return "clock_gettime";
  switch (clock->interpolator.mode) {
    case CALIBRATING: return "calibrating";
    case INTERPOLATING: return "interpolated";
    default: return "clock_gettime";
  }
}

static napi_value describe(napi_env env, napi_callback_info info) {
  (void)info;
  struct thread_clock *clock = clock_of_thread;
  napi_value result, value;
  napi_create_object(env, &result);
  napi_create_string_utf8(env, method_name(clock), NAPI_AUTO_LENGTH, &value);
  napi_set_named_property(env, result, "method", value);
  napi_get_boolean(env, clock->kernel_uses_tsc, &value);
  napi_set_named_property(env, result, "kernelUsesTsc", value);
  napi_get_boolean(env, clock->tsc_usable, &value);
  napi_set_named_property(env, result, "tscUsable", value);
  napi_create_int64(env, (int64_t)clock->interpolator.synchronisations, &value);
  napi_set_named_property(env, result, "synchronisations", value);
  napi_create_uint32(env, clock->interpolator.discrepancies, &value);
  napi_set_named_property(env, result, "discrepancies", value);
  return result;
}

/* The environment ends: its memory is no longer written to, and the thread's state goes with its last environment. */
static void leave_environment(void *env) {
  struct thread_clock *clock = clock_of_thread;
  if (clock == NULL) return;
  uint32_t kept = 0;
  for (uint32_t i = 0; i < clock->binding_count; i++) {
    if (clock->bindings[i].env != env) clock->bindings[kept++] = clock->bindings[i];
  }
  clock->binding_count = kept;
  aim(clock);
  if (--clock->environment_count > 0) return;
  clock_of_thread = NULL;
  free(clock);
}

/* The state of this thread, made at its first environment. NULL without memory. */
static struct thread_clock *enter_environment(napi_env env) {
  struct thread_clock *clock = clock_of_thread;
  if (clock == NULL) {
    clock = calloc(1, sizeof *clock);
    if (clock == NULL) return NULL;
    clock->kernel_uses_tsc = clock_source_file_has("current_clocksource", "tsc");
    clock->tsc_usable = tsc_is_invariant() && clock_source_file_has("available_clocksource", "tsc");
    interpolator_init(&clock->interpolator, clock->kernel_uses_tsc ? CALIBRATING : ASKING);
    clock->loaded = take_good_pair(clock);
    aim(clock);
    clock_of_thread = clock;
  }
  if (napi_add_env_cleanup_hook(env, leave_environment, env) != napi_ok) return NULL;
  clock->environment_count++;
  return clock;
}

NAPI_MODULE_INIT() {
  struct thread_clock *clock = enter_environment(env);
  if (clock == NULL) return fail(env, "NO_MEMORY", "no memory for the clock's state");
  const struct {
    const char *name;
    napi_callback callback;
  } functions[] = {
      {"bind", bind_memory},
      {"monotonic", clock->kernel_uses_tsc ? monotonic : monotonic_asked},
      {"tsc", tsc},
      {"tscFrequency", tsc_frequency},
      {"tscPair", tsc_pair},
      {"info", describe},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    napi_value function;
    if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH, functions[i].callback, NULL, &function) != napi_ok ||
        napi_set_named_property(env, exports, functions[i].name, function) != napi_ok) {
      return NULL;
    }
  }
  return exports;
}
