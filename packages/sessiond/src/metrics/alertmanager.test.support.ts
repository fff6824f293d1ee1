/**
 * What Alertmanager 0.25.0 posted to a webhook receiver for an alert that fired and was resolved; only the name of its
 * machine is another.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
const BODIES = {
  firing: String.raw`{"receiver":"flight-recorder","status":"firing","alerts":[{"status":"firing","labels":{"alertname":"SlowCheckout","instance":"shop-1:9091","job":"shop","severity":"page"},"annotations":{"summary":"Checkout takes longer than a second"},"startsAt":"2026-01-05T09:12:41.307Z","endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://prometheus:9090/graph?g0.expr=checkout_seconds+%3E+1\u0026g0.tab=1","fingerprint":"c7a8e6a784f99f7a"}],"groupLabels":{"alertname":"SlowCheckout"},"commonLabels":{"alertname":"SlowCheckout","instance":"shop-1:9091","job":"shop","severity":"page"},"commonAnnotations":{"summary":"Checkout takes longer than a second"},"externalURL":"http://alertmanager:9093","version":"4","groupKey":"{}:{alertname=\"SlowCheckout\"}","truncatedAlerts":0}`,
  resolved: String.raw`{"receiver":"flight-recorder","status":"resolved","alerts":[{"status":"resolved","labels":{"alertname":"SlowCheckout","instance":"shop-1:9091","job":"shop","severity":"page"},"annotations":{"summary":"Checkout takes longer than a second"},"startsAt":"2026-01-05T09:12:41.307Z","endsAt":"2026-11-20T19:41:22.723Z","generatorURL":"http://prometheus:9090/graph?g0.expr=checkout_seconds+%3E+1\u0026g0.tab=1","fingerprint":"c7a8e6a784f99f7a"}],"groupLabels":{"alertname":"SlowCheckout"},"commonLabels":{"alertname":"SlowCheckout","instance":"shop-1:9091","job":"shop","severity":"page"},"commonAnnotations":{"summary":"Checkout takes longer than a second"},"externalURL":"http://alertmanager:9093","version":"4","groupKey":"{}:{alertname=\"SlowCheckout\"}","truncatedAlerts":0}`,
} as const;

export function alertmanagerBody(status: keyof typeof BODIES): string {
  return BODIES[status];
}
