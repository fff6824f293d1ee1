/* The events of the scenarios, as LTTng-UST declares them. emitter.mjs declares the same for Ringtail. */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER meaning

#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "./meaning-provider.h"

#if !defined(MEANING_PROVIDER_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define MEANING_PROVIDER_H

#include <lttng/tracepoint.h>

/* clang-format off */
LTTNG_UST_TRACEPOINT_ENUM(meaning, mood, LTTNG_UST_TP_ENUM_VALUES(
  lttng_ust_field_enum_value("SAD", -1)
  lttng_ust_field_enum_value("CALM", 0)
  lttng_ust_field_enum_range("GLAD", 1, 3)))

LTTNG_UST_TRACEPOINT_ENUM(meaning, color, LTTNG_UST_TP_ENUM_VALUES(
  lttng_ust_field_enum_value("RED", 0)
  lttng_ust_field_enum_value("BLUE", 200)))

LTTNG_UST_TRACEPOINT_EVENT(meaning, sample,
  LTTNG_UST_TP_ARGS(int64_t, n, const char *, words, const int32_t *, three, const uint16_t *, some),
  LTTNG_UST_TP_FIELDS(
    lttng_ust_field_integer(int64_t, n, n)
    lttng_ust_field_integer(int8_t, i8, -n)
    lttng_ust_field_integer(int16_t, i16, -300 * n)
    lttng_ust_field_integer(int32_t, i32, -70000 * n)
    lttng_ust_field_integer(int64_t, i64, -1000000000000000000 * n)
    lttng_ust_field_integer(uint8_t, u8, 250 + n)
    lttng_ust_field_integer(uint16_t, u16, 65530 + n)
    lttng_ust_field_integer(uint32_t, u32, 4294967290 + n)
    lttng_ust_field_integer(uint64_t, u64, 18446744073709551610u + n)
    lttng_ust_field_integer_hex(uint32_t, h32, 0xff00 + n)
    lttng_ust_field_float(double, f64, n / 3.0)
    lttng_ust_field_float(float, f32, n * -0.25f - 0.5f)
    lttng_ust_field_string(words, words)
    lttng_ust_field_enum(meaning, mood, int8_t, mood, n - 1)
    lttng_ust_field_enum(meaning, color, uint8_t, color, n * 50)
    lttng_ust_field_array(int32_t, three, three, 3)
    lttng_ust_field_sequence(uint16_t, some, some, uint32_t, n)))

LTTNG_UST_TRACEPOINT_EVENT(meaning, filling,
  LTTNG_UST_TP_ARGS(const char *, bytes),
  LTTNG_UST_TP_FIELDS(lttng_ust_field_string(bytes, bytes)))

LTTNG_UST_TRACEPOINT_EVENT_CLASS(meaning, numbered,
  LTTNG_UST_TP_ARGS(int64_t, n),
  LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(int64_t, n, n)))

LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, critical, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL(meaning, critical, LTTNG_UST_TRACEPOINT_LOGLEVEL_CRIT)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, failed, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL(meaning, failed, LTTNG_UST_TRACEPOINT_LOGLEVEL_ERR)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, warned, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL(meaning, warned, LTTNG_UST_TRACEPOINT_LOGLEVEL_WARNING)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, informed, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL(meaning, informed, LTTNG_UST_TRACEPOINT_LOGLEVEL_INFO)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, lined, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, debugged, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_LOGLEVEL(meaning, debugged, LTTNG_UST_TRACEPOINT_LOGLEVEL_DEBUG)
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, step, LTTNG_UST_TP_ARGS(int64_t, n))
LTTNG_UST_TRACEPOINT_EVENT_INSTANCE(meaning, numbered, meaning, last, LTTNG_UST_TP_ARGS(int64_t, n))
/* clang-format on */

#endif

#include <lttng/tracepoint-event.h>
