import { describe, expect, it } from 'vitest';
import { run } from '../cli.ts';
import { fakeContext } from '../testing/fake-context.test.support.ts';
import { requestTraceIn } from '../testing/request-trace.test.support.ts';

async function view(...options: readonly string[]) {
  const context = fakeContext();
  const trace = requestTraceIn(context, ['0af7651916cd43dd8448eb211c80319c', '']);
  const { code } = await run(['view', trace, '--clock-gmt', ...options], context);
  return { code, output: context.output(), errors: context.errors().replaceAll(trace, 'TRACE') };
}

const TREE = `\
request 7 of the trace at 00:00:00.000000000

    +0 ns   4.00 s  ████████████████████████  http server_request  status_code=200
  +1.00 s   2.00 s  ······████████████······  ├─ shop:order  order_id=1
  +2.00 s           ············◆···········  └─ shop:refused  no
`;

describe('ringtail view --tree', () => {
  it.each([
    ['the slowest request', ['--tree']],
    ['a request by its number', ['--request', '7']],
    ['a request by its trace ID', ['--request', '0af7651916cd43dd8448eb211c80319c']],
  ])('draws %s', async (_, options) => {
    expect(await view(...options)).toEqual({ code: 0, output: TREE, errors: '' });
  });

  it('draws the slowest pair of events where no request is selected', async () => {
    const { output } = await view('--tree', '--name', 'shop:*');
    expect(output).toMatch(
      /^span of the trace at 00:00:01\.000000000\n\n +\+0 ns +2\.00 s +█{24} +shop:order {2}order_id=1\n$/,
    );
  });

  it('says that a request is not in the trace, and how to find the others', async () => {
    expect(await view('--request', '8')).toEqual({
      code: 1,
      output: '',
      errors:
        'ringtail: error: no request 8 has ended in the trace\n' +
        "  ringtail view TRACE --name 'node_http:server_request_begin' shows all numbers\n",
    });
    const { code, errors } = await view('--tree', '--name', 'shop:refused');
    expect([code, errors]).toEqual([1, expect.stringContaining('the trace has no request and no pair of events')]);
  });

  it.each(['--follow', '--viewer=cat'])('is refused with %s', async (option) => {
    const { code, errors } = await view('--tree', option);
    expect([code, errors]).toEqual([1, expect.stringContaining(`--tree cannot be used with ${option.split('=')[0]}`)]);
  });

  it('is JSON on request, with all fields', async () => {
    const { output } = await view('--tree', '--output-format=json');
    expect(JSON.parse(output)).toMatchObject({
      candidates: 1,
      leftOut: 0,
      root: {
        type: 'span',
        begin: '0',
        durationNs: 4e9,
        error: null,
        attributes: { request_id: 7, 'http.response.status_code': 200 },
        children: [
          { type: 'span', name: 'shop:order', begin: '1000000000', durationNs: 2e9, children: [] },
          { type: 'event', name: 'shop:refused', begin: '2000000000', durationNs: null, message: 'no' },
        ],
      },
    });
  });
});
