/**
 * What Alertmanager 0.25 posts to a webhook receiver, as it was recorded.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
 */
export function alertmanagerBody(status: 'firing' | 'resolved'): string {
  return JSON.stringify({
    receiver: 'flight-recorder',
    status,
    alerts: [
      {
        status,
        labels: { alertname: 'SlowCheckout', instance: 'shop-1:9091', job: 'shop', severity: 'page' },
        annotations: { summary: 'Checkout takes longer than a second' },
        startsAt: '2026-01-05T09:12:41.307Z',
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : '2026-01-05T09:15:41.307Z',
        generatorURL: 'http://prometheus:9090/graph?g0.expr=checkout_seconds+%3E+1&g0.tab=1',
        fingerprint: 'c7b4b5b5f2f8a3d1',
      },
    ],
    groupLabels: { alertname: 'SlowCheckout' },
    commonLabels: { alertname: 'SlowCheckout', instance: 'shop-1:9091', job: 'shop', severity: 'page' },
    commonAnnotations: { summary: 'Checkout takes longer than a second' },
    externalURL: 'http://alertmanager:9093',
    version: '4',
    groupKey: '{}:{alertname="SlowCheckout"}',
    truncatedAlerts: 0,
  });
}
