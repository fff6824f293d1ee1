import { channel } from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type RequestFollower, ServerRequests } from './server-requests.ts';

const started = channel('http.server.request.start');
const finished = channel('http.server.response.finish');

/** A connection, as far as requests need it. */
class Connection extends EventEmitter {
  bytesWritten = 0;

  /** Begins a request. @returns its message for the channels */
  request() {
    const message = { request: {}, response: {}, socket: this };
    started.publish(message);
    return message;
  }
}

function logging(log: string[], name = ''): RequestFollower {
  const numbers = new Map<number, number>();
  const numberOf = (id: number) => {
    numbers.set(id, numbers.get(id) ?? numbers.size + 1);
    return numbers.get(id);
  };
  return {
    begun: ({ id, isOnReusedConnection: reused }) =>
      void log.push(`${name}begin ${numberOf(id)}${reused ? ' reused' : ''}`),
    ended: ({ id }, isAborted) => void log.push(`${name}${isAborted ? 'abort' : 'end'} ${numberOf(id)}`),
  };
}

describe('the requests of HTTP servers', () => {
  it('end in any order on one connection, and are aborted with it', () => {
    const log: string[] = [];
    const stop = new ServerRequests(() => () => undefined).follow('events', logging(log));
    const connection = new Connection();
    const [, second] = [connection.request(), connection.request(), connection.request()];
    finished.publish(second);
    connection.emit('close');
    finished.publish(second);
    stop();
    expect(log).toEqual(['begin 1', 'begin 2 reused', 'begin 3 reused', 'end 2', 'abort 1', 'abort 3']);
  });

  it('have the bytes that their connection wrote since the former end, also by requests of contexts alone', () => {
    const bytes: number[] = [];
    const requests = new ServerRequests(() => () => undefined);
    const stopContexts = requests.follow('contexts', { begun: () => undefined, ended: () => undefined });
    const connection = new Connection();
    connection.bytesWritten = 100;
    const first = connection.request();
    connection.bytesWritten = 300;
    finished.publish(first);
    const stop = requests.follow('events', {
      begun: () => undefined,
      ended: (_, __, written) => void bytes.push(written),
    });
    const [second, third] = [connection.request(), connection.request()];
    connection.bytesWritten = 310;
    finished.publish(second);
    connection.bytesWritten = 330;
    finished.publish(third);
    stop();
    stopContexts();
    expect(bytes).toEqual([10, 20]);
  });

  it('are told to contexts before events, also to one that begins to follow at an event', () => {
    const log: string[] = [];
    const requests = new ServerRequests(() => () => undefined);
    const stops: (() => void)[] = [];
    const events = logging(log, 'event ');
    stops.push(
      requests.follow('events', {
        ...events,
        begun(request) {
          events.begun(request);
          if (stops.length === 1) stops.push(requests.follow('contexts', logging(log, 'context ')));
        },
      }),
    );
    const connection = new Connection();
    connection.request();
    connection.request();
    expect(log).toEqual(['event begin 1', 'context begin 1', 'context begin 2 reused', 'event begin 2 reused']);
    for (const stop of stops) stop();
  });

  it('leave nothing behind once nobody follows them', () => {
    const log: string[] = [];
    const requests = new ServerRequests(() => () => undefined);
    const stop = requests.follow('events', logging(log));
    const connection = new Connection();
    connection.request();
    expect([connection.listenerCount('close'), started.hasSubscribers]).toEqual([1, true]);
    stop();
    expect([connection.listenerCount('close'), started.hasSubscribers]).toEqual([0, false]);
    connection.emit('close');
    expect(log).toEqual(['begin 1']);
  });
});
