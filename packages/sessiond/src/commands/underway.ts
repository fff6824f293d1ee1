/** What a handler has begun: the answer is there, and the next command on the session waits for the rest. */
export class Underway<Answer> {
  readonly answer: Answer;
  /** Does not reject: there is nobody any more whom a command could tell. */
  readonly rest: Promise<void>;

  constructor(answer: Answer, rest: Promise<void>) {
    this.answer = answer;
    this.rest = rest;
  }
}
