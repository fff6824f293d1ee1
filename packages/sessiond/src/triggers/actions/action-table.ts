import { describeError, RingtailError } from '@ringtail/base';
import type { Request, TriggerAction } from '@ringtail/protocol';
import type { Client } from '../../model/client.ts';
import type { Owner } from '../../model/owner.ts';
import type { NotificationHub } from '../../notifications/notification-hub.ts';
import { ACTIONS_WAITING_MAX, POSTS_MAX, PROGRAMS_MAX } from '../../shares/limits.ts';
import type { FindSession, OccurrenceDetails } from '../conditions/condition-source.ts';
import type { Firing, Performance } from '../trigger.ts';
import { expandKey } from '../trigger-check.ts';
import { ProgramRunner } from './exec-action.ts';
import type { MapOf } from './map-increments.ts';
import { TaskQueues } from './task-queues.ts';
import { WebhookSender, type WebhookSenderOptions } from './webhook-action.ts';

export interface ActionTableOptions extends WebhookSenderOptions {
  /** Carries out a command as that user. */
  readonly execute: (request: Request, client: Client) => Promise<unknown>;
  readonly findSession: FindSession;
  readonly mapOf: MapOf;
  readonly notifications: NotificationHub;
}

/** As in LTTng, an action has not failed if its session already is in the wanted state. */
const AS_WANTED: ReadonlySet<string> = new Set(['ALREADY_STARTED', 'ALREADY_STOPPED', 'ROTATED_ALREADY']);

/** Carries out the actions of triggers. */
export class ActionTable {
  readonly #options: ActionTableOptions;
  readonly #programs = new ProgramRunner();
  readonly #posts: WebhookSender;
  readonly #programQueues = new TaskQueues(PROGRAMS_MAX, ACTIONS_WAITING_MAX);
  readonly #postQueues = new TaskQueues(POSTS_MAX, ACTIONS_WAITING_MAX);

  constructor(options: ActionTableOptions) {
    this.#options = options;
    this.#posts = new WebhookSender(options);
  }

  /** @throws the reason of a failure */
  readonly perform = (action: TriggerAction, firing: Firing): Performance | undefined => {
    const { trigger, report } = firing;
    switch (action.kind) {
      case 'notify':
        this.#options.notifications.publish({ kind: 'trigger-fired', report }, trigger.owner.uid);
        return undefined;
      case 'start-session':
      case 'stop-session':
      case 'rotate-session':
      case 'snapshot-session':
        return { done: this.#onSession(requestOf(action), trigger.owner), inOrder: true };
      case 'increment':
        this.#increment(action, firing);
        return undefined;
      case 'exec': {
        const { command, timeoutMs } = action;
        const run = () => this.#programs.run(command, timeoutMs, trigger.owner, report);
        return { done: withoutDetails(this.#programQueues.run(trigger.owner.uid, run)), inOrder: true };
      }
      case 'webhook': {
        const post = () => this.#posts.send(action, trigger.owner, report);
        // Attempts may go on for minutes.
        return { done: withoutDetails(this.#postQueues.run(trigger.owner.uid, post)), inOrder: false };
      }
    }
  };

  /** Ends programs, and cancels posts. */
  close(): void {
    this.#programQueues.close();
    this.#postQueues.close();
    this.#programs.close();
    this.#posts.close();
  }

  async #onSession(request: Request, owner: Owner): Promise<OccurrenceDetails | undefined> {
    const client: Client = { ...owner, notify: () => true, onClosed: () => {} };
    try {
      return detailsOf(request.command, await this.#options.execute(request, client));
    } catch (error) {
      if (error instanceof RingtailError && AS_WANTED.has(error.code)) return undefined;
      throw new Error(describeError(error));
    }
  }

  /** Adds to the shared row of a key, for occurrences that applications do not count. */
  #increment(action: Extract<TriggerAction, { kind: 'increment' }>, { trigger, times }: Firing): void {
    const { session, map: name, key } = action;
    const found = this.#options.findSession(session, trigger.owner);
    if (found === undefined) throw new Error(`there is no session ${session}`);
    const map = this.#options.mapOf(found, action);
    if (map === undefined) throw new Error(`the session ${session} has no map ${name}`);
    if (!found.active) return;
    const { condition } = trigger.definition;
    const refusal = map.increment(expandKey(key, condition), times);
    if (refusal !== undefined) throw new Error(refusal);
  }
}

type SessionAction = Extract<TriggerAction, { readonly kind: `${string}-session` }>;

function requestOf(action: SessionAction): Request {
  const { session } = action;
  if (action.kind !== 'snapshot-session') return { id: 0, command: action.kind, params: { session } };
  const { output, name, maxBytes } = action;
  return { id: 0, command: 'record-snapshot', params: { session, output, name, maxBytes } };
}

/** Details for the reports of later actions. */
function detailsOf(command: Request['command'], result: unknown): OccurrenceDetails | undefined {
  if (command === 'record-snapshot') return { snapshot: (result as { readonly path: string }).path };
  if (command === 'rotate-session') return { archive: (result as { readonly archive: string }).archive };
  return undefined;
}

async function withoutDetails(done: Promise<void>): Promise<undefined> {
  await done;
}
