/* The event of the benchmarks, as LTTng-UST declares it: an int32 and a string. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER bench

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./bench-provider.h"

#if !defined(BENCH_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define BENCH_PROVIDER_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(bench, tick, LTTNG_UST_TP_ARGS(int32_t, id, const char *, customer),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int32_t, id, id)
                                                   lttng_ust_field_string(customer, customer)))

#endif

#include <lttng/tracepoint-event.h>
