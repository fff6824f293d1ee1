import type { TerminalRole } from './controlling-terminal.ts';

/** The terminal sends these to the whole foreground process group, thus to the command as well as to us. */
const FROM_TERMINAL: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGQUIT', 'SIGWINCH']);
const FORWARDED: readonly NodeJS.Signals[] = [...FROM_TERMINAL, 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];
/** Of these a person who sends them a second time, when the command has ended, means us. */
const IMPATIENT: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

/** What single signals do that mean us, at any time. */
export type OwnSignals = { readonly [signal in NodeJS.Signals]?: () => void };

/**
 * What becomes of the signals that we get while we record: they are the command's, which decides what they mean.
 *
 * Before the command runs they are kept for it. While it runs they are passed on, but for those that the terminal gave
 * to both of us, so that the command sees each once; a hang-up is one of those if it took the terminal away that we had
 * at the start. After its end the first is answered with patience, since the trace is being finished, and the second
 * gives up.
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
   * @param role what we are to our terminal at the moment
   * @param onFinishing the command has ended, and somebody wants us to end as well
   * @param onGivingUp the same once more
   * @param own signals that are not the command's
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
  }

  /** @param send gives a signal to the command */
  commandRuns(send: (signal: NodeJS.Signals) => void): void {
    this.#send = send;
    for (const signal of this.#early) send(signal);
  }

  commandEnded(): void {
    this.#ended = true;
  }

  /** Signals mean again what they mean without us. */
  dispose(): void {
    for (const signal of FORWARDED) process.off(signal, this.#handler);
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
