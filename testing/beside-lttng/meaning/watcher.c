/*
 * A client of liblttng-ctl. It adds triggers with conditions that the command line of LTTng 2.13 lacks, subscribes to
 * notifications, and queries failed actions.
 *
 *   add NAME usage-high|usage-low SESSION CHANNEL BYTES|0.RATIO ACTION...
 *   add NAME consumed-size SESSION BYTES ACTION...
 *   add NAME rotation-ongoing|rotation-completed SESSION ACTION...
 *       where an action is notify or KIND-session/SESSION, and may end with @every:N or @once-after:N
 *   subscribe NAME
 *   errors NAME
 *   remove NAME
 *
 * It answers each line of standard input with one line of JSON that has an `answer` or an `error`. A notification is a
 * line with a `trigger`. It ends with its input.
 */
#include <inttypes.h>
#include <lttng/action/list.h>
#include <lttng/action/path.h>
#include <lttng/lttng.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_BYTES_MAX 4096
#define WORDS_MAX 32
#define POLL_MS 5
#define EXACT_MAX ((int64_t)1 << 53)

static struct lttng_notification_channel *channel;

static void text(const char *bytes) {
  putchar('"');
  for (; *bytes != '\0'; bytes++) {
    unsigned char byte = (unsigned char)*bytes;
    if (byte == '"' || byte == '\\' || byte < ' ') printf("\\u%04x", byte);
    else putchar(byte);
  }
  putchar('"');
}

static void answer(const char *name, const char *format, ...) {
  char line[LINE_BYTES_MAX];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  printf("{\"%s\":", name);
  text(line);
  puts("}");
}

/* Integers that JSON cannot hold exactly are text, as in Ringtail. */
static void value(const struct lttng_event_field_value *field) {
  uint64_t unsigned_value;
  int64_t signed_value;
  double real;
  const char *string;
  unsigned int length;
  if (field == NULL) {
    fputs("null", stdout);
    return;
  }
  switch (lttng_event_field_value_get_type(field)) {
  case LTTNG_EVENT_FIELD_VALUE_TYPE_UNSIGNED_INT:
  case LTTNG_EVENT_FIELD_VALUE_TYPE_UNSIGNED_ENUM:
    lttng_event_field_value_unsigned_int_get_value(field, &unsigned_value);
    printf(unsigned_value > (uint64_t)EXACT_MAX ? "\"%" PRIu64 "\"" : "%" PRIu64, unsigned_value);
    return;
  case LTTNG_EVENT_FIELD_VALUE_TYPE_SIGNED_INT:
  case LTTNG_EVENT_FIELD_VALUE_TYPE_SIGNED_ENUM:
    lttng_event_field_value_signed_int_get_value(field, &signed_value);
    printf(signed_value > EXACT_MAX || signed_value < -EXACT_MAX ? "\"%" PRId64 "\"" : "%" PRId64, signed_value);
    return;
  case LTTNG_EVENT_FIELD_VALUE_TYPE_REAL:
    lttng_event_field_value_real_get_value(field, &real);
    printf("%.17g", real);
    return;
  case LTTNG_EVENT_FIELD_VALUE_TYPE_STRING:
    lttng_event_field_value_string_get_value(field, &string);
    text(string);
    return;
  case LTTNG_EVENT_FIELD_VALUE_TYPE_ARRAY:
    lttng_event_field_value_array_get_length(field, &length);
    putchar('[');
    for (unsigned int i = 0; i < length; i++) {
      const struct lttng_event_field_value *element = NULL;
      if (i > 0) putchar(',');
      lttng_event_field_value_array_get_element_at_index(field, i, &element);
      value(element);
    }
    putchar(']');
    return;
  default:
    fputs("\"unknown\"", stdout);
  }
}

static void captures(const struct lttng_evaluation *evaluation) {
  const struct lttng_event_field_value *values;
  unsigned int length;
  fputs(",\"captures\":", stdout);
  if (lttng_evaluation_event_rule_matches_get_captured_values(evaluation, &values) !=
      LTTNG_EVALUATION_EVENT_RULE_MATCHES_STATUS_OK) {
    fputs("[]", stdout);
    return;
  }
  /* An array in which an unavailable value has no element. */
  lttng_event_field_value_array_get_length(values, &length);
  putchar('[');
  for (unsigned int i = 0; i < length; i++) {
    const struct lttng_event_field_value *captured = NULL;
    if (i > 0) putchar(',');
    lttng_event_field_value_array_get_element_at_index(values, i, &captured);
    value(captured);
  }
  putchar(']');
}

static void location(const struct lttng_evaluation *evaluation) {
  const struct lttng_trace_archive_location *archive;
  const char *path;
  if (lttng_evaluation_session_rotation_completed_get_location(evaluation, &archive) != LTTNG_EVALUATION_STATUS_OK) return;
  if (lttng_trace_archive_location_local_get_absolute_path(archive, &path) != LTTNG_TRACE_ARCHIVE_LOCATION_STATUS_OK) return;
  fputs(",\"archive\":", stdout);
  text(path);
}

static void notified(struct lttng_notification *notification) {
  const struct lttng_evaluation *evaluation = lttng_notification_get_evaluation(notification);
  const char *name = "";
  uint64_t number;
  lttng_trigger_get_name(lttng_notification_get_trigger(notification), &name);
  fputs("{\"trigger\":", stdout);
  text(name);
  switch (lttng_evaluation_get_type(evaluation)) {
  case LTTNG_CONDITION_TYPE_EVENT_RULE_MATCHES:
    captures(evaluation);
    break;
  case LTTNG_CONDITION_TYPE_BUFFER_USAGE_HIGH:
  case LTTNG_CONDITION_TYPE_BUFFER_USAGE_LOW:
    lttng_evaluation_buffer_usage_get_usage(evaluation, &number);
    printf(",\"bytes\":%" PRIu64, number);
    break;
  case LTTNG_CONDITION_TYPE_SESSION_CONSUMED_SIZE:
    lttng_evaluation_session_consumed_size_get_consumed_size(evaluation, &number);
    printf(",\"bytes\":%" PRIu64, number);
    break;
  case LTTNG_CONDITION_TYPE_SESSION_ROTATION_COMPLETED:
    location(evaluation);
    break;
  default:
    break;
  }
  puts("}");
}

static void take_notifications(void) {
  bool pending = false;
  while (lttng_notification_channel_has_pending_notification(channel, &pending) == LTTNG_NOTIFICATION_CHANNEL_STATUS_OK &&
         pending) {
    struct lttng_notification *notification = NULL;
    enum lttng_notification_channel_status status = lttng_notification_channel_get_next_notification(channel, &notification);
    if (status == LTTNG_NOTIFICATION_CHANNEL_STATUS_OK) notified(notification);
    else answer("error", "a notification was not received: %d", status);
    lttng_notification_destroy(notification);
  }
}

static struct lttng_rate_policy *rate_policy(const char *words) {
  if (words == NULL) return NULL;
  if (strncmp(words, "every:", 6) == 0) return lttng_rate_policy_every_n_create(strtoull(words + 6, NULL, 10));
  return lttng_rate_policy_once_after_n_create(strtoull(words + 11, NULL, 10));
}

static struct lttng_action *action(char *word) {
  char *policy_words = strchr(word, '@');
  char *session = strchr(word, '/');
  if (policy_words != NULL) *policy_words++ = '\0';
  if (session != NULL) *session++ = '\0';
  struct lttng_rate_policy *policy = rate_policy(policy_words);
  struct lttng_action *made = NULL;
#define ON_SESSION(kind) \
  made = lttng_action_##kind##_session_create(); \
  lttng_action_##kind##_session_set_session_name(made, session); \
  if (policy != NULL) lttng_action_##kind##_session_set_rate_policy(made, policy)
  if (strcmp(word, "notify") == 0) {
    made = lttng_action_notify_create();
    if (policy != NULL) lttng_action_notify_set_rate_policy(made, policy);
  } else if (strcmp(word, "start-session") == 0) {
    ON_SESSION(start);
  } else if (strcmp(word, "stop-session") == 0) {
    ON_SESSION(stop);
  } else if (strcmp(word, "rotate-session") == 0) {
    ON_SESSION(rotate);
  } else if (strcmp(word, "snapshot-session") == 0) {
    ON_SESSION(snapshot);
  }
  lttng_rate_policy_destroy(policy);
  return made;
}

/* Makes the condition that the words name, and returns the number of used words. */
static struct lttng_condition *condition(char **words, int count, int *taken) {
  struct lttng_condition *made = NULL;
  if (count >= 4 && strncmp(words[0], "usage-", 6) == 0) {
    made = strcmp(words[0], "usage-high") == 0 ? lttng_condition_buffer_usage_high_create()
                                               : lttng_condition_buffer_usage_low_create();
    lttng_condition_buffer_usage_set_session_name(made, words[1]);
    lttng_condition_buffer_usage_set_channel_name(made, words[2]);
    lttng_condition_buffer_usage_set_domain_type(made, LTTNG_DOMAIN_UST);
    if (strchr(words[3], '.') != NULL) lttng_condition_buffer_usage_set_threshold_ratio(made, strtod(words[3], NULL));
    else lttng_condition_buffer_usage_set_threshold(made, strtoull(words[3], NULL, 10));
    *taken = 4;
  } else if (count >= 3 && strcmp(words[0], "consumed-size") == 0) {
    made = lttng_condition_session_consumed_size_create();
    lttng_condition_session_consumed_size_set_session_name(made, words[1]);
    lttng_condition_session_consumed_size_set_threshold(made, strtoull(words[2], NULL, 10));
    *taken = 3;
  } else if (count >= 2 && strncmp(words[0], "rotation-", 9) == 0) {
    made = strcmp(words[0], "rotation-ongoing") == 0 ? lttng_condition_session_rotation_ongoing_create()
                                                     : lttng_condition_session_rotation_completed_create();
    lttng_condition_session_rotation_set_session_name(made, words[1]);
    *taken = 2;
  }
  return made;
}

static void add(char **words, int count) {
  int taken = 0;
  struct lttng_condition *made = condition(words + 1, count - 1, &taken);
  struct lttng_action *actions = lttng_action_list_create();
  if (made == NULL) {
    answer("error", "there is no such condition");
    return;
  }
  for (int i = 1 + taken; i < count; i++) {
    if (lttng_action_list_add_action(actions, action(words[i])) != LTTNG_ACTION_STATUS_OK) {
      answer("error", "there is no action %s", words[i]);
      return;
    }
  }
  enum lttng_error_code code = lttng_register_trigger_with_name(lttng_trigger_create(made, actions), words[0]);
  if (code == LTTNG_OK) answer("answer", "added");
  else answer("error", "%s", lttng_strerror(-code));
}

static const struct lttng_trigger *find(struct lttng_triggers *triggers, const char *wanted) {
  unsigned int count = 0;
  lttng_triggers_get_count(triggers, &count);
  for (unsigned int i = 0; i < count; i++) {
    const struct lttng_trigger *trigger = lttng_triggers_get_at_index(triggers, i);
    const char *name = "";
    if (lttng_trigger_get_name(trigger, &name) == LTTNG_TRIGGER_STATUS_OK && strcmp(name, wanted) == 0) return trigger;
  }
  return NULL;
}

static void subscribe(const struct lttng_trigger *trigger) {
  enum lttng_notification_channel_status status =
      lttng_notification_channel_subscribe(channel, lttng_trigger_get_const_condition(trigger));
  if (status == LTTNG_NOTIFICATION_CHANNEL_STATUS_OK ||
      status == LTTNG_NOTIFICATION_CHANNEL_STATUS_ALREADY_SUBSCRIBED) {
    answer("answer", "subscribed");
  } else {
    answer("error", "not subscribed: %d", status);
  }
}

static uint64_t counted(const struct lttng_error_query *query) {
  struct lttng_error_query_results *results = NULL;
  const struct lttng_error_query_result *result;
  uint64_t sum = 0;
  unsigned int count = 0;
  lttng_error_query_execute(query, lttng_session_daemon_command_endpoint, &results);
  lttng_error_query_results_get_count(results, &count);
  for (unsigned int i = 0; i < count; i++) {
    uint64_t one = 0;
    lttng_error_query_results_get_result(results, &result, i);
    lttng_error_query_result_counter_get_value(result, &one);
    sum += one;
  }
  lttng_error_query_results_destroy(results);
  return sum;
}

/* Of each action, in their order. */
static void errors(const struct lttng_trigger *trigger) {
  const struct lttng_action *actions = lttng_trigger_get_const_action(trigger);
  unsigned int count = 0;
  lttng_action_list_get_count(actions, &count);
  fputs("{\"answer\":[", stdout);
  for (uint64_t i = 0; i < count; i++) {
    struct lttng_action_path *path = lttng_action_path_create(&i, 1);
    struct lttng_error_query *query = lttng_error_query_action_create(trigger, path);
    printf(i == 0 ? "%" PRIu64 : ",%" PRIu64, counted(query));
    lttng_error_query_destroy(query);
    lttng_action_path_destroy(path);
  }
  puts("]}");
}

static void remove_trigger(const struct lttng_trigger *trigger) {
  lttng_notification_channel_unsubscribe(channel, lttng_trigger_get_const_condition(trigger));
  int code = lttng_unregister_trigger(trigger);
  if (code == 0) answer("answer", "removed");
  else answer("error", "%s", lttng_strerror(code));
}

static void with_trigger(const char *command, const char *name) {
  struct lttng_triggers *triggers = NULL;
  if (lttng_list_triggers(&triggers) != LTTNG_OK) {
    answer("error", "triggers cannot be listed");
    return;
  }
  const struct lttng_trigger *trigger = find(triggers, name);
  if (trigger == NULL) answer("error", "there is no trigger %s", name);
  else if (strcmp(command, "subscribe") == 0) subscribe(trigger);
  else if (strcmp(command, "errors") == 0) errors(trigger);
  else if (strcmp(command, "remove") == 0) remove_trigger(trigger);
  else answer("error", "there is no command %s", command);
  lttng_triggers_destroy(triggers);
}

static void carry_out(char *line) {
  char *words[WORDS_MAX];
  int count = 0;
  for (char *word = strtok(line, " \n"); word != NULL && count < WORDS_MAX; word = strtok(NULL, " \n")) words[count++] = word;
  if (count >= 4 && strcmp(words[0], "add") == 0) add(words + 1, count - 1);
  else if (count == 2) with_trigger(words[0], words[1]);
  else answer("error", "not understood");
}

int main(void) {
  char buffer[LINE_BYTES_MAX];
  size_t held = 0;
  setvbuf(stdout, NULL, _IOLBF, 0);
  channel = lttng_notification_channel_create(lttng_session_daemon_notification_endpoint);
  if (channel == NULL) {
    answer("error", "there is no notification channel");
    return 1;
  }
  for (;;) {
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, POLL_MS) > 0) {
      ssize_t got = read(STDIN_FILENO, buffer + held, sizeof buffer - 1 - held);
      if (got <= 0) break;
      held += (size_t)got;
      buffer[held] = '\0';
      for (char *end; (end = strchr(buffer, '\n')) != NULL;) {
        *end = '\0';
        carry_out(buffer);
        held -= (size_t)(end + 1 - buffer);
        memmove(buffer, end + 1, held + 1);
      }
    }
    take_notifications();
  }
  lttng_notification_channel_destroy(channel);
  return 0;
}
