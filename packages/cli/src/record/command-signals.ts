import type { TerminalRole } from './controlling-terminal.ts';

/** Signals that the terminal sends to the whole foreground process group: to the command and to us. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);
const FORWARDED: readonly NodeJS.Signals[] = [...FROM_TERMINAL, 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
/** Signals that are meant for us when they come after the command's end. */
const IMPATIENT: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

/** Actions for signals that are always meant for us. */
export type OwnSignals = { readonly [signal in NodeJS.Signals]?: () => void };

/**
 * Signals during a recording are for the command, which decides on their meaning.
 *
 * Before the command runs, they are kept for it. While it runs, they are passed on, except signals that the terminal
 * sent to both of us, so that the command gets each once. A hang-up is such a signal if it removed the terminal that we
 * had at the start. After the command's end, the first signal warns that the trace is being finished, and the second
 * one gives up.
 */
export class CommandSignals {
  #send: ((signal: NodeJS.Signals) => void) | undefined;
  #ended = false;
  #asked = false;
  readonly #early: NodeJS.Signals[] = [];
  readonly #role: () => TerminalRole;
  readonly #roleAtStart: TerminalRole;
  readonly #onFinishing: () => void;
  readonly #onGivingUp: (signal: NodeJS.Signals) => void;
  readonly #own: OwnSignals;
  readonly #handler = (signal: NodeJS.Signals): void => this.#take(signal);

  /**
   * @param role current role of our process group at its terminal
   * @param onFinishing called for the first signal after the command's end
   * @param onGivingUp called for the second one
   * @param own actions for signals that are not for the command
   */
  constructor(
    role: () => TerminalRole,
    onFinishing: () => void,
    onGivingUp: (signal: NodeJS.Signals) => void,
    own: OwnSignals = {},
  ) {
    this.#own = own;
    this.#role = role;
    this.#roleAtStart = role();
    this.#onFinishing = onFinishing;
    this.#onGivingUp = onGivingUp;
    for (const signal of FORWARDED) process.on(signal, this.#handler);
    process.on('SIGCONT', updateTerminalSize);
  }

  /** @param send sends a signal to the command */
  commandRuns(send: (signal: NodeJS.Signals) => void): void {
    this.#send = send;
    for (const signal of this.#early) send(signal);
  }

  commandEnded(): void {
    this.#ended = true;
  }

  /** Restores the default action of all signals. */
  dispose(): void {
    for (const signal of FORWARDED) process.off(signal, this.#handler);
    process.off('SIGCONT', updateTerminalSize);
  }

  #take(signal: NodeJS.Signals): void {
    const own = this.#own[signal];
    if (own !== undefined) own();
    else if (this.#ended) this.#takeAfterEnd(signal);
    else if (this.#send === undefined) this.#early.push(signal);
    else if (!this.#reachesCommandAnyway(signal)) this.#send(signal);
  }

  #takeAfterEnd(signal: NodeJS.Signals): void {
    if (!IMPATIENT.has(signal)) return;
    if (this.#asked) this.#onGivingUp(signal);
    else this.#onFinishing();
    this.#asked = true;
  }

  #reachesCommandAnyway(signal: NodeJS.Signals): boolean {
    if (FROM_TERMINAL.has(signal)) return this.#role() === 'foreground';
    return signal === 'SIGHUP' && this.#roleAtStart === 'foreground' && this.#role() === 'none';
  }
}

/** A terminal whose size changes while a job is stopped sends the job no SIGWINCH, at which Node.js reads the size. */
function updateTerminalSize(): void {
  process.emit('SIGWINCH', 'SIGWINCH');
}
