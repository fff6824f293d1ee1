/** One handler for each type of message: a table without one of them does not compile. */
export type Handlers<Message extends { readonly type: string }, Result = void> = {
  readonly [Type in Message['type']]: (message: Extract<Message, { readonly type: Type }>) => Result;
};

/** Calls the handler of the message's type. */
export function handle<Message extends { readonly type: string }, Result>(
  handlers: Handlers<Message, Result>,
  message: Message,
): Result {
  // The message has the type of its handler's parameter: the compiler cannot follow that through an index.
  const handler = handlers[message.type as Message['type']] as (message: Message) => Result;
  return handler(message);
}
