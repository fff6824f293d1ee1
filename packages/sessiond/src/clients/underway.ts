/** The answer of a command whose work goes on: the next command on the session waits for the rest. */
export class Underway<Answer> {
  readonly answer: Answer;
  /** Does not reject: the command has been answered already. */
  readonly rest: Promise<void>;

  constructor(answer: Answer, rest: Promise<void>) {
    this.answer = answer;
    this.rest = rest;
  }
}
