/* Events of many kinds of fields, as programs have them: see mixed.c. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER mixed

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./mixed-provider.h"

#if !defined(MIXED_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define MIXED_PROVIDER_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_ENUM(mixed, state,
                          LTTNG_UST_TP_ENUM_VALUES(lttng_ust_field_enum_value("IDLE", 0)
                                                       lttng_ust_field_enum_value("RUNNING", 1)
                                                           lttng_ust_field_enum_value("BLOCKED", 2)
                                                               lttng_ust_field_enum_range("USER", 10, 20)))

LTTNG_UST_TRACEPOINT_EVENT(mixed, request,
                           LTTNG_UST_TP_ARGS(int32_t, id, uint64_t, session, const char *, path, int, state),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int32_t, id, id)
                                                   lttng_ust_field_integer_hex(uint64_t, session, session)
                                                       lttng_ust_field_string(path, path)
                                                           lttng_ust_field_enum(mixed, state, int, state, state)))

LTTNG_UST_TRACEPOINT_EVENT(mixed, sample,
                           LTTNG_UST_TP_ARGS(double, value, float, ratio, int64_t, delta, uint8_t, flags),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_float(double, value, value)
                                                   lttng_ust_field_float(float, ratio, ratio)
                                                       lttng_ust_field_integer(int64_t, delta, delta)
                                                           lttng_ust_field_integer(uint8_t, flags, flags)))

LTTNG_UST_TRACEPOINT_EVENT(mixed, batch,
                           LTTNG_UST_TP_ARGS(uint16_t, queue, const int32_t *, items, size_t, count, int, state),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint16_t, queue, queue)
                                                   lttng_ust_field_sequence(int32_t, items, items, size_t, count)
                                                       lttng_ust_field_enum(mixed, state, int, state, state)))

LTTNG_UST_TRACEPOINT_EVENT(mixed, step, LTTNG_UST_TP_ARGS(uint32_t, id, int16_t, x, int16_t, y),
                           LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, id, id)
                                                   lttng_ust_field_integer(int16_t, x, x)
                                                       lttng_ust_field_integer(int16_t, y, y)))

#endif

#include <lttng/tracepoint-event.h>
